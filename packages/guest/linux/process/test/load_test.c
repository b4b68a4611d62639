// Programs are loaded, and their memory and stacks are read back as they would read them. Then come damaged files.
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "check.h"
#include "host.h"

enum { MOST_FILE = 1 << 18, CAPACITY = 16 << 20, MUTATIONS = 1500 };
static const char *folder;

struct file {
  uint8_t bytes[MOST_FILE];
  size_t length;
};

static void read_file(const char *name, struct file *file) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *stream = fopen(path, "rb");
  CHECK(stream != NULL);
  file->length = fread(file->bytes, 1, MOST_FILE, stream);
  CHECK(file->length > 0 && file->length < MOST_FILE);
  fclose(stream);
}

static Elf64_Ehdr *header_of(struct file *file) { return (Elf64_Ehdr *)file->bytes; }
static Elf64_Phdr *segments_of(struct file *file) { return (Elf64_Phdr *)(file->bytes + header_of(file)->e_phoff); }
static Elf64_Phdr *segment_of(struct file *file, uint32_t type) {
  Elf64_Phdr *segment = segments_of(file);
  while (segment->p_type != type) segment++;
  return segment;
}

static const char *const arguments[] = {"program", "", "two words"}, *const environment[] = {"HOME=/", "EMPTY="};
static struct program usual(void) {
  return (struct program){.path = "/bin/program", .arguments = {3, arguments}, .environment = {2, environment}};
}

static int64_t load(const struct program *program, struct start *start) {
  struct host_facts facts = {.seeded = true};
  clock_start(&facts);
  random_start(&facts);
  return process_load(program, &facts, start);
}

static int64_t load_file(const struct file *file, struct start *start) {
  struct program program = usual();
  host_forget();
  host_put("/bin/program", file->bytes, file->length);
  return load(&program, start);
}

// --- the stack, as a program reads it ----------------------------------------------------------------------------------
struct stack_content {
  const char **arguments, **environment;
  const uint64_t *vector;
};

static const char **list_end(const char **list) {
  while (*list != NULL) list++;
  return list + 1;
}

static struct stack_content read_stack(uint64_t pointer) {
  CHECK(pointer % 16 == 0);
  struct stack_content content = {.arguments = (const char **)(pointer + 8)};
  CHECK(content.arguments[*(const uint64_t *)pointer] == NULL);
  content.environment = list_end(content.arguments);
  content.vector = (const uint64_t *)list_end(content.environment);
  return content;
}

static uint64_t value_of(const struct stack_content *content, uint64_t key) {
  const uint64_t *entry = content->vector;
  for (; entry[0] != AT_NULL; entry += 2)
    if (entry[0] == key) return entry[1];
  CHECK(!"the vector has the key");
  return 0;
}

static void check_texts(const struct stack_content *content) {
  for (int i = 0; i < 3; i++) CHECK(strcmp(content->arguments[i], arguments[i]) == 0);
  for (int i = 0; i < 2; i++) CHECK(strcmp(content->environment[i], environment[i]) == 0);
  CHECK(content->arguments[3] == NULL && content->environment[2] == NULL);
}

static void check_vector(const struct stack_content *content, const Elf64_Ehdr *header) {
  CHECK(value_of(content, AT_PAGESZ) == 4096 && value_of(content, AT_CLKTCK) == 100);
  CHECK(value_of(content, AT_PHENT) == sizeof(Elf64_Phdr) && value_of(content, AT_PHNUM) == header->e_phnum);
  const uint64_t sse2 = 1 << 26;
  CHECK((value_of(content, AT_HWCAP) & sse2) != 0 && value_of(content, AT_HWCAP2) == 2);
  CHECK(value_of(content, AT_MINSIGSTKSZ) >= 2048 && value_of(content, AT_SECURE) == 0);
  CHECK(strcmp((const char *)value_of(content, AT_EXECFN), "/bin/program") == 0);
  CHECK(strcmp((const char *)value_of(content, AT_PLATFORM), "x86_64") == 0);
  CHECK(user_range(value_of(content, AT_RANDOM), 16));
}

// --- the memory of a program -------------------------------------------------------------------------------------------
static bool is_zero(uint64_t address, uint64_t length) {
  for (uint64_t i = 0; i < length; i++)
    if (((const uint8_t *)address)[i] != 0) return false;
  return true;
}

static void check_image(struct file *file, uint64_t bias) {
  const Elf64_Phdr *segment = segments_of(file);
  for (int i = 0; i < header_of(file)->e_phnum; i++, segment++) {
    uint64_t address = segment->p_vaddr + bias;
    if (segment->p_type != PT_LOAD) continue;
    CHECK(memcmp((const void *)address, file->bytes + segment->p_offset, segment->p_filesz) == 0);
    CHECK(is_zero(address + segment->p_filesz, segment->p_memsz - segment->p_filesz));
  }
}

static uint64_t program_end(struct file *file) {
  uint64_t end = 0;
  const Elf64_Phdr *segment = segments_of(file);
  for (int i = 0; i < header_of(file)->e_phnum; i++, segment++)
    if (segment->p_type == PT_LOAD && segment->p_vaddr + segment->p_memsz > end)
      end = segment->p_vaddr + segment->p_memsz;
  return page_up(end);
}

static uint64_t stack_limit(void) {
  static uint64_t *limit;
  limit = (uint64_t *)sys_mmap((const uint64_t[6]){0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS});
  CHECK(sys_getrlimit((const uint64_t[6]){3, (uint64_t)limit}) == 0);
  return *limit;
}

static void loads(const char *name, bool fixed) {
  static struct file file;
  struct start start;
  read_file(name, &file);
  arena_begin(1 << 20, CAPACITY);
  CHECK(load_file(&file, &start) == 0);
  struct stack_content content = read_stack(start.stack);
  uint64_t bias = value_of(&content, AT_ENTRY) - header_of(&file)->e_entry;
  check_texts(&content);
  check_vector(&content, header_of(&file));
  check_image(&file, bias);
  CHECK((bias == 0) == fixed && start.instruction == value_of(&content, AT_ENTRY) && value_of(&content, AT_BASE) == 0);
  CHECK(memcmp((const void *)value_of(&content, AT_PHDR), segments_of(&file), sizeof(Elf64_Phdr)) == 0);
  CHECK(sys_brk((const uint64_t[6]){0}) == (int64_t)(program_end(&file) + bias));
  CHECK(strcmp(process_executable(), "/bin/program") == 0);
  uint64_t stack = fixed ? 0x400000 - BASE : CAPACITY / 4;
  CHECK(stack_limit() == stack && start.stack > BASE && start.stack < BASE + stack);
}

static void add_length(void *context, const struct memory_region *region) {
  if (!region->kernel) *(uint64_t *)context += region->end - region->start;
}
static uint64_t taken(void) {
  uint64_t length = 0;
  memory_regions(add_length, &length);
  return length;
}

static void keeps_alignment(void) {
  static struct file file;
  struct start start;
  read_file("pie", &file);
  segment_of(&file, PT_LOAD)->p_align = 2 << 20;
  // The stack's end is not aligned then.
  arena_begin(1 << 20, CAPACITY - (1 << 20));
  CHECK(load_file(&file, &start) == 0);
  CHECK((start.instruction - header_of(&file)->e_entry) % (2 << 20) == 0);
  check_image(&file, start.instruction - header_of(&file)->e_entry);
  // The image and the stack do not overlap, and nothing else is left.
  CHECK(taken() == page_down((CAPACITY - (1 << 20)) / 4) + program_end(&file));
}

static void with_loader(void) {
  static struct file file, loader;
  struct start start;
  struct program program = usual();
  read_file("dynamic", &file);
  read_file("pie", &loader);
  arena_begin(1 << 20, CAPACITY);
  CHECK(load_file(&file, &start) == -ENOENT);
  host_put("/lib/loader", loader.bytes, loader.length);
  CHECK(load(&program, &start) == 0);
  struct stack_content content = read_stack(start.stack);
  uint64_t base = value_of(&content, AT_BASE);
  CHECK(base % PAGE == 0 && start.instruction == header_of(&loader)->e_entry + base);
  check_image(&loader, base);
  check_image(&file, value_of(&content, AT_ENTRY) - header_of(&file)->e_entry);
  host_forget();
  host_put("/bin/program", file.bytes, file.length);
  host_put("/lib/loader", "text", 4);
  CHECK(load(&program, &start) == -ELIBBAD);
}

// The second program must not see the first one's memory.
static void loads_again(void) {
  static struct file file;
  struct start start;
  read_file("pie", &file);
  arena_begin(1 << 20, CAPACITY);
  CHECK(load_file(&file, &start) == 0);
  memset((void *)(start.stack - 1000), 7, 1000);
  uint64_t first = start.stack;
  CHECK(load_file(&file, &start) == 0 && start.stack == first && is_zero(start.stack - 1000, 1000));
  struct stack_content content = read_stack(start.stack);
  check_image(&file, value_of(&content, AT_ENTRY) - header_of(&file)->e_entry);
}

static void scripts(void) {
  static struct file file;
  struct start start;
  struct program program = usual();
  const char script[] = "#! /bin/sh \t -e  x \nbody";
  program.path = "/tmp/script";
  read_file("static", &file);
  arena_begin(1 << 20, CAPACITY);
  host_forget();
  host_put("/tmp/script", script, sizeof script);
  CHECK(load(&program, &start) == -ENOENT);
  host_put("/bin/sh", file.bytes, file.length);
  CHECK(load(&program, &start) == 0);
  struct stack_content content = read_stack(start.stack);
  const char *expected[] = {"/bin/sh", "-e  x", "/tmp/script", "", "two words"};
  for (int i = 0; i < 5; i++) CHECK(strcmp(content.arguments[i], expected[i]) == 0);
  CHECK(content.arguments[5] == NULL && strcmp(process_executable(), "/bin/sh") == 0);
  CHECK(strcmp((const char *)value_of(&content, AT_EXECFN), "/tmp/script") == 0);
  char longest[1000];
  memset(longest, 'a', sizeof longest);
  memcpy(longest, "#!/bin/sh ", 10);
  longest[sizeof longest - 1] = 0;
  host_forget();
  host_put("/bin/sh", file.bytes, file.length);
  host_put("/tmp/script", longest, sizeof longest);
  CHECK(load(&program, &start) == 0 && strlen(read_stack(start.stack).arguments[1]) == 255 - 10);
  // The interpreter's name may be cut.
  memcpy(longest, "#!/bin/sha", 10);
  host_forget();
  host_put("/tmp/script", longest, sizeof longest);
  CHECK(load(&program, &start) == -ENOEXEC);
  const char *const bad[] = {"#!", "#!\n", "#! \t \n", "#!/tmp/script"};
  for (int i = 0; i < 4; i++) {
    host_forget();
    host_put("/tmp/script", bad[i], strlen(bad[i]));
    CHECK(load(&program, &start) == -ENOEXEC);
  }
}

static void texts_of_all_lengths(void) {
  static struct file file;
  struct start start;
  struct program program = usual();
  const char *const one[] = {"abcdefghijklmnopqrstuvwxyz"};
  read_file("pie", &file);
  arena_begin(1 << 20, CAPACITY);
  host_forget();
  host_put("/bin/program", file.bytes, file.length);
  for (size_t i = 0; i < 26; i++) {
    const char *const shorter[] = {one[0] + i};
    program.environment = (struct texts){1, shorter};
    CHECK(load(&program, &start) == 0);
    struct stack_content content = read_stack(start.stack);
    CHECK(strcmp(content.environment[0], shorter[0]) == 0 && value_of(&content, AT_PAGESZ) == PAGE);
  }
}

static void too_many_arguments(void) {
  static struct file file;
  static char text[100000];
  const char *const many[] = {text, text, text, text, text, text, text, text, text, text, text};
  struct start start;
  read_file("pie", &file);
  arena_begin(1 << 20, CAPACITY);
  host_forget();
  host_put("/bin/program", file.bytes, file.length);
  memset(text, 'a', sizeof text - 1);
  struct program program = usual();
  program.environment = (struct texts){10, many};
  CHECK(load(&program, &start) == 0);
  program.environment.count = 11;
  CHECK(load(&program, &start) == -E2BIG);
}

// --- bad headers -------------------------------------------------------------------------------------------------------
static struct file damaged;
static Elf64_Ehdr *header;
static Elf64_Phdr *first;

static void damage(void) {
  read_file("static", &damaged);
  header = header_of(&damaged);
  first = segment_of(&damaged, PT_LOAD);
}

#define REFUSES(change, error)                    \
  do {                                            \
    damage();                                     \
    change;                                       \
    CHECK(load_file(&damaged, &start) == -(error)); \
  } while (0)

static void bad_headers(void) {
  struct start start;
  arena_begin(1 << 20, CAPACITY);
  REFUSES(damaged.length = 0, ENOEXEC);
  REFUSES(damaged.length = 63, ENOEXEC);
  REFUSES(header->e_ident[EI_CLASS] = ELFCLASS32, ENOEXEC);
  REFUSES(header->e_ident[EI_DATA] = ELFDATA2MSB, ENOEXEC);
  REFUSES(header->e_type = ET_REL, ENOEXEC);
  REFUSES(header->e_machine = EM_AARCH64, ENOEXEC);
  REFUSES(header->e_phentsize = 55, ENOEXEC);
  REFUSES(header->e_phnum = 0, ENOEXEC);
  REFUSES(header->e_phnum = 0xffff, ENOEXEC);
  REFUSES(header->e_phoff = UINT64_MAX - 10, ENOEXEC);
  REFUSES(header->e_phoff = damaged.length - 8, ENOEXEC);
  REFUSES(first->p_filesz = UINT64_MAX, EINVAL);
  REFUSES(first->p_memsz = 0, EINVAL);
  REFUSES(first->p_memsz = UINT64_MAX, ENOMEM);
  REFUSES(first->p_memsz = CAPACITY, ENOMEM);
  REFUSES(first->p_vaddr += 1, EINVAL);
  REFUSES(first->p_vaddr = -(uint64_t)PAGE, ENOMEM);
  REFUSES(first->p_vaddr = 0, ENOMEM);
  REFUSES(first->p_vaddr = 0x1000, ENOMEM);
  REFUSES(first->p_offset = 1UL << 40, ENOEXEC);
  REFUSES(first->p_offset = -(uint64_t)PAGE, ENOEXEC);
  REFUSES((first->p_type = PT_INTERP, first->p_filesz = 1), ENOEXEC);
  REFUSES((first->p_type = PT_INTERP, first->p_filesz = 5000), ENOEXEC);
  REFUSES((first->p_type = PT_INTERP, first->p_offset = UINT64_MAX), ENOEXEC);
  REFUSES((first->p_type = PT_INTERP, first->p_filesz = 4), ENOEXEC);
}

static bool is_error_of_execve(int64_t result) {
  const int64_t errors[] = {ENOEXEC, EINVAL, ENOMEM, ELIBBAD, ENOENT};
  for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
    if (result == -errors[i]) return true;
  return false;
}

// Numbers at which sums overflow, besides small ones and random ones.
static uint64_t odd_number(void) {
  const uint64_t numbers[] = {0,         1,         PAGE,       PAGE - 1,  BASE,    0x400000,
                              1UL << 31, 1UL << 47, UINT64_MAX, INT64_MAX, CAPACITY};
  uint64_t number = numbers[random_below(sizeof numbers / sizeof numbers[0])];
  return random_below(3) == 0 ? random_number() >> random_below(64) : number - random_below(3) * random_below(PAGE);
}

static void mutate(struct file *file) {
  uint64_t headers = sizeof(Elf64_Ehdr) + 12 * sizeof(Elf64_Phdr), at = random_below(headers / 8) * 8;
  uint64_t number = odd_number();
  if (random_below(2) == 0) memcpy(file->bytes + at, &number, sizeof number);
  else file->bytes[random_below(headers)] ^= (uint8_t)(1 << random_below(8));
  if (random_below(20) == 0) file->length = random_below(file->length + 1);
}

static void damaged_files(const char *name) {
  static struct file whole, loader, file;
  struct start start;
  struct program program = usual();
  int good = 0;
  read_file(name, &whole);
  read_file("pie", &loader);
  arena_begin(1 << 20, CAPACITY / 2);
  for (int i = 0; i < MUTATIONS; i++) {
    file = whole;
    for (uint64_t k = random_below(3) + 1; k > 0; k--) mutate(random_below(4) == 0 ? &loader : &file);
    host_forget();
    host_put("/bin/program", file.bytes, file.length);
    host_put("/lib/loader", loader.bytes, loader.length);
    int64_t result = load(&program, &start);
    CHECK(result == 0 || is_error_of_execve(result));
    good += result == 0;
    if (i % 20 == 0) read_file("pie", &loader);
  }
  CHECK(good > 0 && good < MUTATIONS);
}

int main(int count, char **names) {
  CHECK(count == 2);
  folder = names[1];
  seed_tests();
  clock_begin(2000000);
  loads("static", true);
  loads("pie", false);
  keeps_alignment();
  with_loader();
  loads_again();
  scripts();
  texts_of_all_lengths();
  too_many_arguments();
  bad_headers();
  damaged_files("static");
  damaged_files("pie");
  damaged_files("dynamic");
  host_forget();
  puts("load: ok");
}
