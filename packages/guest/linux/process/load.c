// The start of a program: its image, its loader, its stack.
#include <asm/errno.h>
#include <linux/mman.h>

#include "../memory/memory.h"
#include "elf.h"
#include "identity.h"
#include "limits.h"
#include "script.h"
#include "signals.h"
#include "stack.h"

static const uint64_t MOST_STACK = 8 << 20, LEAST_STACK = 128 << 10, REHEARSAL_STACK = 256 << 10;

static char executable[LONGEST_PATH], loader[LONGEST_PATH];

const char *process_executable(void) { return executable; }

bool process_has_tracing_loader(void) {
  const char *name = strrchr(loader, '/');
  return name != NULL && strncmp(name + 1, "ld-linux", 8) == 0;
}

static int64_t read_loader(struct image *image) {
  struct bytes file;
  int64_t error = files_content(loader, &file);
  if (error < 0) return error;
  // Linux calls a loader that it cannot read a bad library.
  return elf_read(file, &image->elf) < 0 ? -ELIBBAD : 0;
}

static int64_t read_files(struct bytes file, struct image *program, struct image *interpreter) {
  int64_t error = elf_read(file, &program->elf);
  if (error == 0) error = elf_interpreter(&program->elf, loader);
  if (error == 0 && loader[0] != 0) error = read_loader(interpreter);
  return error;
}

static int64_t take(uint64_t address, uint64_t least, uint64_t length, const char *name) {
  struct memory_request request = {.address = address, .least = least, .length = length, .name = name};
  return memory_take(&request);
}

// Takes more than the image needs, to align it, and gives the rest back.
static int64_t take_aligned(const struct elf *elf, uint64_t least, const char *name) {
  uint64_t length = elf->high - elf->low, spare = elf->align - PAGE;
  int64_t taken = take(0, least, length + spare, name);
  if (taken < 0) return taken;
  uint64_t first = (uint64_t)taken, start = ((first - elf->low + spare) & ~(elf->align - 1)) + elf->low;
  if (start > first) memory_release(first, start - first);
  if (start < first + spare) memory_release(start + length, first + spare - start);
  return (int64_t)start;
}

static int64_t take_place(const struct elf *elf, uint64_t least, const char *name) {
  return elf->fixed ? take(elf->low, 0, elf->high - elf->low, name) : take_aligned(elf, least, name);
}

static int64_t map_image(struct image *image, uint64_t least, const char *name) {
  const struct elf *elf = &image->elf;
  uint64_t length = elf->high - elf->low, kept = memory_take_kept(elf->file.data, length, name);
  int64_t start = kept != 0 ? (int64_t)kept : take_place(elf, least, name);
  if (start < 0) return -ENOMEM;
  image->bias = (uint64_t)start - elf->low;
  elf_copy(elf, image->bias, kept != 0);
  if (kept == 0) memory_remember(elf->file.data, (uint64_t)start, length);
  return 0;
}

static uint64_t least_of(uint64_t a, uint64_t b) { return a < b ? a : b; }

// Small memories have a small stack.
static uint64_t usual_stack(void) { return least_of(MOST_STACK, page_down(memory_bounds().capacity / 4)); }

// The stack lies lowest, so that its overflow meets the end of the memory, and not the program. A program that is linked
// too low for that has its stack above itself, and its overflow is not noticed.
static struct memory_request stack_request(const struct elf *elf) {
  uint64_t base = memory_bounds().base, room = elf->fixed ? elf->low - base : usual_stack();
  struct memory_request request = {.protection = PROT_READ | PROT_WRITE, .name = "[stack]"};
  if (room >= LEAST_STACK) request.address = base;
  else request.least = elf->high;
  request.length = room >= LEAST_STACK ? least_of(room, MOST_STACK) : usual_stack();
  return request;
}

// A rehearsal needs little, and all that it may have written is made zero after it.
static void shorten_for_rehearsal(struct memory_request *request) {
  if (!memory_is_recording() || request->length < REHEARSAL_STACK) return;
  if (request->address != 0) request->address += request->length - REHEARSAL_STACK;
  request->length = REHEARSAL_STACK;
}

static int64_t take_stack(const struct elf *elf, struct stack *stack) {
  if (elf->fixed && elf->low < memory_bounds().base) return -ENOMEM;
  struct memory_request request = stack_request(elf);
  shorten_for_rehearsal(&request);
  int64_t start = memory_take(&request);
  *stack = (struct stack){(uint64_t)start, (uint64_t)start + request.length};
  return start < 0 ? -ENOMEM : 0;
}

static int64_t map_files(struct process *process) {
  struct image *program = &process->program, *interpreter = &process->interpreter;
  int64_t error = take_stack(&program->elf, &process->stack);
  if (error == 0) error = map_image(program, process->stack.end, executable);
  if (error < 0) return error;
  memory_set_break(page_up(program->elf.end + program->bias));
  return loader[0] == 0 ? 0 : map_image(interpreter, 0, loader);
}

static uint64_t entry_of(const struct image *image) { return image->elf.header.e_entry + image->bias; }

static void begin_program(const struct process *process, const char *path) {
  identity_begin(path);
  signals_begin();
  limits_begin(process->stack.end - process->stack.start);
}

static int64_t start_image(struct process *process, const struct program *program, struct start *start) {
  process->has_interpreter = loader[0] != 0;
  memory_reset();
  int64_t error = map_files(process);
  if (error < 0) return error;
  begin_program(process, program->path);
  start->instruction = entry_of(process->has_interpreter ? &process->interpreter : &process->program);
  return stack_build(process, program, &start->stack);
}

static int64_t load_file(struct bytes file, const char *path, const struct program *program, struct start *start) {
  struct process process = {0};
  int64_t error = read_files(file, &process.program, &process.interpreter);
  if (error < 0) return error;
  memcpy(executable, path, strlen(path) + 1);
  return start_image(&process, program, start);
}

// The facts of the call are in its clocks and random numbers already.
int64_t process_load(const struct program *program, const struct host_facts *facts, struct start *start) {
  (void)facts;
  struct bytes file;
  struct script script;
  if (strlen(program->path) >= LONGEST_PATH) return -ENAMETOOLONG;
  int64_t error = files_content(program->path, &file);
  if (error < 0) return error;
  if (!script_is(file)) return load_file(file, program->path, program, start);
  error = script_read(file, program, &script);
  if (error == 0) error = files_content(script.interpreter, &file);
  if (error == 0) error = load_file(file, script.interpreter, &script.program, start);
  script_forget(&script);
  return error;
}
