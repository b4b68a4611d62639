// The host's costs, for scale and for comparison: copies, and the operating system's own ways to isolate code.
#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "floor.h"

// One copy; source and target are at the same addresses each time, as a marshalled value's buffers are.
static double copy(uint64_t bytes) {
  static char *from, *to;
  enum { MOST = 64 << 20 };
  if (from == NULL) {
    from = malloc(MOST), to = malloc(MOST);
    memset(from, 1, MOST), memset(to, 2, MOST);
  }
  const uint64_t batch = bytes >= 65536 ? 1 : 65536 / (bytes + 1);
  const uint64_t start = now_ns();
  for (uint64_t i = 0; i < batch; ++i) {
    memcpy(to, from, bytes);
    __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
  }
  return (double)(now_ns() - start) / (double)batch;
}

// Hides the function from the compiler, which would otherwise remove the call.
static void *nothing(void *argument) { return argument; }
static void *(*volatile callee)(void *) = nothing;

static double function_call(uint64_t times) {
  const uint64_t start = now_ns();
  for (uint64_t i = 0; i < times; ++i) callee(NULL);
  return (double)(now_ns() - start) / (double)times;
}

static double system_call(uint64_t times) {
  const uint64_t start = now_ns();
  for (uint64_t i = 0; i < times; ++i) syscall(SYS_getppid);
  return (double)(now_ns() - start) / (double)times;
}

static double fork_wait(uint64_t unused) {
  (void)unused;
  const uint64_t start = now_ns();
  const pid_t child = fork();
  CHECK(child >= 0, "fork");
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
  return (double)(now_ns() - start);
}

// The program of child/, which buildFloor places beside this one.
static double spawn_wait(uint64_t unused) {
  (void)unused;
  static char path[4096];
  if (path[0] == '\0') strcpy(path, file_beside("child"));
  char *const arguments[] = {path, NULL}, *const environment[] = {NULL};
  pid_t child;
  int status;
  const uint64_t start = now_ns();
  const int problem = posix_spawn(&child, path, NULL, NULL, arguments, environment);
  if (problem != 0) DIE("posix_spawn of %s: %s", path, strerror(problem));
  waitpid(child, &status, 0);
  const double took = (double)(now_ns() - start);
  if (status != 0) DIE("%s ended with status %#x", path, status);
  return took;
}

static double thread(uint64_t unused) {
  (void)unused;
  pthread_t id;
  const uint64_t start = now_ns();
  CHECK(pthread_create(&id, NULL, nothing, NULL) == 0, "pthread_create");
  pthread_join(id, NULL);
  return (double)(now_ns() - start);
}

// The equivalent of `call` of a short function at half load, without a machine: a sleeping thread gets 50 us of work
// and is waited for, 2,000 times a second. Its tail latency is due to the scheduler and the computer's other load.
enum { WORK_NS = 50000, EVERY_NS = 500000 };
static sem_t handed;
static atomic_uint answers;

static void *hand(void *unused) {
  for (;;) {
    while (sem_wait(&handed) != 0) {}
    const uint64_t end = now_ns() + WORK_NS;
    while (now_ns() < end) {}
    atomic_fetch_add(&answers, 1);
  }
  return unused;
}

static double handoff(uint64_t unused) {
  (void)unused;
  static uint64_t last;
  if (last == 0) {
    pthread_t id;
    CHECK(sem_init(&handed, 0, 0) == 0 && pthread_create(&id, NULL, hand, NULL) == 0, "a thread");
  }
  while (now_ns() < last + EVERY_NS) {}
  const unsigned before = atomic_load(&answers);
  const uint64_t start = last = now_ns();
  sem_post(&handed);
  while (atomic_load(&answers) == before) {}
  return (double)(now_ns() - start);
}

#define COPY(bytes) {"c.memcpy." #bytes, copy, bytes}
const struct subject host_subjects[] = {
    {"c.call", function_call, 1000},
    {"c.syscall", system_call, 1000},
    {"c.fork_wait", fork_wait, 0},
    {"c.posix_spawn", spawn_wait, 0},
    {"c.pthread", thread, 0},
    {"c.handoff", handoff, 0},
    COPY(64),
    COPY(1024),
    COPY(16384),
    COPY(262144),
    COPY(1048576),
    COPY(16777216),
    {NULL, NULL, 0},
};
const struct subject host_families[] = {{"c.memcpy", copy, 64 << 20}, {NULL, NULL, 0}};
