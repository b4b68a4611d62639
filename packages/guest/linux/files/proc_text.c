#include "proc_text.h"

#include "../memory/memory.h"
#include "../process/process.h"

enum { READ = 1, WRITE = 2, EXECUTE = 4, NAME_COLUMN = 73, LONGEST_COMMAND = 15 };

static void number(struct content *content, uint64_t value) { content_number(content, value, 10, 1); }

static void line_of_number(struct content *content, const char *before, uint64_t value, const char *after) {
  content_text(content, before);
  number(content, value);
  content_text(content, after);
}

static uint64_t process_number(void) { return (uint64_t)sys_getpid((uint64_t[6]){0}); }

static void count_taken(void *context, const struct memory_region *region) {
  *(uint64_t *)context += region->end - region->start;
}

static uint64_t taken_memory(void) {
  uint64_t taken = 0;
  memory_regions(count_taken, &taken);
  return taken;
}

static const char *command_name(void) {
  const char *path = process_executable();
  const char *slash = path == NULL ? NULL : strrchr(path, '/');
  return slash != NULL ? slash + 1 : path == NULL ? "" : path;
}

static void write_command(struct content *content) {
  char name[LONGEST_COMMAND + 1] = {0};
  const char *command = command_name();
  size_t length = strlen(command);
  memcpy(name, command, length < LONGEST_COMMAND ? length : LONGEST_COMMAND);
  content_text(content, name);
}

void proc_cpuinfo(struct content *content) {
  content_text(content,
               "processor\t: 0\nvendor_id\t: unknown\nmodel name\t: virtine\nphysical id\t: 0\nsiblings\t: 1\n"
               "core id\t\t: 0\ncpu cores\t: 1\n\n");
}

void proc_meminfo(struct content *content) {
  uint64_t total = memory_bounds().size / 1024;
  uint64_t taken = taken_memory() / 1024;
  uint64_t left = taken < total ? total - taken : 0;
  line_of_number(content, "MemTotal:       ", total, " kB\n");
  line_of_number(content, "MemFree:        ", left, " kB\n");
  line_of_number(content, "MemAvailable:   ", left, " kB\n");
  content_text(content, "Buffers:        0 kB\nCached:         0 kB\nSwapTotal:      0 kB\nSwapFree:       0 kB\n");
}

void proc_stat(struct content *content) {
  content_text(content, "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\nctxt 0\nprocesses 1\nprocs_running 1\n");
}

void proc_uptime(struct content *content) {
  uint64_t hundredths = clock_monotonic() / 10000000;
  number(content, hundredths / 100);
  content_text(content, ".");
  content_number(content, hundredths % 100, 10, 2);
  content_text(content, " 0.00\n");
}

void proc_filesystems(struct content *content) { content_text(content, "nodev\ttmpfs\nnodev\tproc\n"); }

static void write_protection(struct content *content, uint32_t protection) {
  content_text(content, (protection & READ) != 0 ? " r" : " -");
  content_text(content, (protection & WRITE) != 0 ? "w" : "-");
  content_text(content, (protection & EXECUTE) != 0 ? "xp" : "-p");
}

static void write_region(void *context, const struct memory_region *region) {
  struct content *content = context;
  uint64_t start = content->size;
  if (region->kernel) return;
  content_number(content, region->start, 16, 8);
  content_text(content, "-");
  content_number(content, region->end, 16, 8);
  write_protection(content, region->protection);
  content_text(content, " 00000000 00:00 0 ");
  if (region->name != NULL) {
    while (content->size - start < NAME_COLUMN) content_text(content, " ");
    content_text(content, region->name);
  }
  content_text(content, "\n");
}

void proc_maps(struct content *content) { memory_regions(write_region, content); }

// The arguments are in the program's own memory, which it may have changed: only the first is known here.
void proc_cmdline(struct content *content) {
  const char *path = process_executable();
  if (path != NULL) (void)content_write(content, 0, path, strlen(path) + 1);
}

void proc_comm(struct content *content) {
  write_command(content);
  content_text(content, "\n");
}

void proc_status(struct content *content) {
  content_text(content, "Name:\t");
  write_command(content);
  content_text(content, "\nUmask:\t0022\nState:\tR (running)\n");
  line_of_number(content, "Tgid:\t", process_number(), "\n");
  line_of_number(content, "Pid:\t", process_number(), "\n");
  content_text(content, "PPid:\t0\nTracerPid:\t0\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nFDSize:\t1024\n");
  uint64_t taken = taken_memory() / 1024;
  line_of_number(content, "VmPeak:\t", taken, " kB\n");
  line_of_number(content, "VmSize:\t", taken, " kB\n");
  line_of_number(content, "VmRSS:\t", taken, " kB\n");
  content_text(content, "Threads:\t1\nSeccomp:\t0\nCpus_allowed:\t1\nCpus_allowed_list:\t0\n");
}

// The fields that are not known are 0. The 23rd and 24th are the memory's bytes and pages.
void proc_self_stat(struct content *content) {
  enum { VIRTUAL_BYTES = 23, RESIDENT_PAGES = 24, FIELDS = 52 };
  number(content, process_number());
  content_text(content, " (");
  write_command(content);
  content_text(content, ") R");
  for (int field = 4; field <= FIELDS; field++) {
    uint64_t value = field == VIRTUAL_BYTES ? taken_memory() : field == RESIDENT_PAGES ? taken_memory() / PAGE : 0;
    line_of_number(content, " ", value, "");
  }
  content_text(content, "\n");
}

void proc_statm(struct content *content) {
  number(content, taken_memory() / PAGE);
  line_of_number(content, " ", taken_memory() / PAGE, " 0 0 0 0 0\n");
}

void proc_cgroup(struct content *content) { content_text(content, "0::/\n"); }
void proc_mounts(struct content *content) { content_text(content, "tmpfs / tmpfs rw 0 0\nproc /proc proc ro 0 0\n"); }
void proc_overcommit(struct content *content) { content_text(content, "0\n"); }
void proc_map_count(struct content *content) { content_text(content, "65530\n"); }
void proc_pid_max(struct content *content) { content_text(content, "4194304\n"); }

// A random identifier of version 4: 8-4-4-4-12 digits.
void proc_uuid(struct content *content) {
  uint8_t bytes[16];
  random_fill(bytes, sizeof bytes);
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
  for (size_t i = 0; i < sizeof bytes; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) content_text(content, "-");
    content_number(content, bytes[i], 16, 2);
  }
  content_text(content, "\n");
}
