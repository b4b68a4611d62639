#define _GNU_SOURCE
#include "host.h"

#include "../../serve.h"
#include "../../vectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FILES = 8 };
static struct {
  char path[64];
  uint8_t *content;
  size_t length;
} files[FILES];

jmp_buf host_ended;
struct ending host_ending;
char host_written[256];
uint64_t host_idles;
bool host_refuses_to_wait;

struct host_facts host_late_facts;
unsigned host_asked;

// The facts that a test left are those of a call that asks late.
void process_need_facts(void) {
  if (host_asked != 0 || !host_late_facts.clock) return;
  host_asked++;
  clock_set_real(&host_late_facts);
  random_start(&host_late_facts);
}

void host_forget(void) {
  for (int i = 0; i < FILES; i++) {
    free(files[i].content);
    memset(&files[i], 0, sizeof files[i]);
  }
}

void host_put(const char *path, const void *content, size_t length) {
  int i = 0;
  while (files[i].path[0] != 0) i++;
  strcpy(files[i].path, path);
  files[i].content = malloc(length);
  files[i].length = length;
  if (length > 0) memcpy(files[i].content, content, length);
}

int64_t files_content(const char *path, struct bytes *content) {
  for (int i = 0; i < FILES; i++) {
    if (files[i].path[0] == 0 || strcmp(files[i].path, path) != 0) continue;
    *content = (struct bytes){files[i].content, files[i].length};
    return 0;
  }
  return -ENOENT;
}

SYSTEM_CALL(write) {
  size_t length = a[2] < sizeof host_written ? a[2] : sizeof host_written - 1;
  if (a[0] != 2 || !user_range(a[1], length)) return -EFAULT;
  memcpy(host_written, (const void *)a[1], length);
  host_written[length] = 0;
  return (int64_t)length;
}

// Waits for less than it should, as the host may.
void host_idle(uint64_t nanoseconds) {
  struct timespec time = {0, (long)(nanoseconds < 1000000 ? nanoseconds : 1000000)};
  host_idles++;
  if (host_refuses_to_wait) process_end((struct ending){0});
  nanosleep(&time, NULL);
}

_Noreturn void process_end(struct ending ending) {
  host_ending = ending;
  longjmp(host_ended, 1);
}

// The parts of entry.S and serve.c. Here only one thread runs, and no program's registers are loaded.
uint64_t linux_kernel_stack;
static struct registers registers;

void linux_switch(uint64_t *stop, uint64_t next) {
  (void)stop;
  (void)next;
  abort();
}

void linux_thread_start(void) { abort(); }

const struct registers *serve_registers(void) { return &registers; }

struct context serve_context(void) {
  return (struct context){&registers.general, &registers.rip, &registers.flags, &registers.rsp};
}

struct resumption host_resumed;
_Noreturn void linux_resume(const struct resumption *resumption) {
  host_resumed = *resumption;
  longjmp(host_ended, 2);
}

void vectors_store(void *to) { memset(to, 0, VECTORS_ROOM); }
void vectors_load(const void *from) { (void)from; }
