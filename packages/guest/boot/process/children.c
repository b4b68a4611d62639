// Makes children, finds them, and waits for them.
#include "zygote.h"

#include "sys.h"

enum { AF_UNIX_ = 1, SOCK_STREAM_ = 1, SOCK_CLOEXEC_ = 02000000, SIGKILL_ = 9, CLOCK_MONOTONIC_ = 1 };
enum { MOST_EXTRA_SPARES = 2, LOW_DESCRIPTOR = 95 };

struct time {
  int64_t seconds, nanoseconds;
};

static uint64_t clock(int which) {
  struct time time = {0, 0};
  if (call2(SYS_CLOCK_GETTIME, which, (long)&time) < 0) return 0;
  return (uint64_t)time.seconds * 1000000000 + (uint64_t)time.nanoseconds;
}

uint64_t now(void) { return clock(CLOCK_MONOTONIC_); }

// The CPU clock of another process: its pid, inverted, and 2 for the scheduler's own count.
uint64_t cpu_of(int pid) { return clock((int)(~(unsigned)pid << 3 | 2)); }

static void watch_from_now(struct child *child, uint64_t cpu_time) {
  child->cpu_time = cpu_time;
  child->cpu_start = 0;
  child->look_at = cpu_time == UINT64_MAX ? UINT64_MAX : now() + cpu_time;
}

struct child *spawn(struct zygote *zygote, uint64_t memory) {
  int pair[2] = {-1, -1};
  if (zygote->count == MOST_CHILDREN) return NULL;
  if (call4(SYS_SOCKETPAIR, AF_UNIX_, SOCK_STREAM_ | SOCK_CLOEXEC_, 0, (long)pair) < 0) return NULL;
  // A child closes all descriptors above its channel, so all that are not its own must be there.
  if (pair[0] <= CHANNEL || pair[1] <= CHANNEL) sys_exit(LOW_DESCRIPTOR);
  long pid = fork_child(layout.stack_top, pair[1], memory);
  sys_close(pair[1]);
  if (pid < 0) {
    sys_close(pair[0]);
    return NULL;
  }
  struct child *child = &zygote->children[zygote->count++];
  __builtin_memset(child, 0, offsetof(struct child, talk.report));
  child->outbox = (struct outbox){NULL, 0, 0, 0};
  child->pid = (int)pid;
  child->socket = pair[0];
  child->call = UNASSIGNED;
  child->keep = child->boot = child->silent = false;
  child->why = ZYGOTE_END_ITSELF;
  child->memory = memory;
  child->talk.state = CHILD_STARTING;
  watch_from_now(child, zygote->spare_cpu);
  return child;
}

struct child *find_child(struct zygote *zygote, uint32_t call) {
  for (size_t i = 0; call != UNASSIGNED && i < zygote->count; i++) {
    if (zygote->children[i].call == call) return &zygote->children[i];
  }
  return NULL;
}

static bool is_spare(const struct child *child) { return child->call == UNASSIGNED && child->talk.state != CHILD_OVER; }

size_t count_spares(const struct zygote *zygote) {
  size_t count = 0;
  for (size_t i = 0; i < zygote->count; i++) {
    count += is_spare(&zygote->children[i]) && zygote->children[i].memory == zygote->spare_memory;
  }
  return count;
}

// Kills spares that were made for other limits if there are many.
static void retire_others(struct zygote *zygote, uint64_t memory) {
  size_t others = 0;
  for (size_t i = 0; i < zygote->count; i++) {
    struct child *child = &zygote->children[i];
    if (is_spare(child) && child->memory != memory && ++others > MOST_EXTRA_SPARES) {
      kill_child(child, ZYGOTE_END_COMMAND);
    }
  }
}

// Takes a spare, and prefers one that has started already.
struct child *take_spare(struct zygote *zygote, uint64_t memory) {
  struct child *found = NULL;
  for (size_t i = 0; i < zygote->count; i++) {
    struct child *child = &zygote->children[i];
    if (!is_spare(child) || child->memory != memory) continue;
    found = child;
    if (child->talk.state == CHILD_IDLE) break;
  }
  if (found == NULL) retire_others(zygote, memory);
  return found != NULL ? found : spawn(zygote, memory);
}

void kill_child(struct child *child, uint8_t why) {
  if (child->why == ZYGOTE_END_ITSELF) child->why = why;
  child->talk.state = CHILD_OVER;
  call2(SYS_KILL, child->pid, SIGKILL_);
}

// | u8 why | 3 unused | i32 status as wait reports it | u64 nanoseconds of CPU time | report |
static void tell_end(const struct child *child, int status, uint64_t cpu) {
  uint8_t frame[ZYGOTE_SIZE_HEADER + ZYGOTE_SIZE_ENDED_HEAD + MOST_REPORT];
  uint8_t *payload = frame + ZYGOTE_SIZE_HEADER;
  put_u32(payload, child->why);
  put_u32(payload + 4, (uint32_t)status);
  put_u64(payload + 8, cpu);
  uint32_t report = child->talk.report_size;
  for (uint32_t i = 0; i < report; i++) payload[ZYGOTE_SIZE_ENDED_HEAD + i] = child->talk.report[i];
  send_to_host((struct host_head){ZYGOTE_SIZE_ENDED_HEAD + report, child->call, ZYGOTE_TYPE_ENDED}, payload);
}

void bury(struct zygote *zygote, struct child *child) {
  int status = 0;
  // Its end of the socket is closed, which the child cannot do itself. So it is dying, and the wait is short.
  uint64_t cpu = cpu_of(child->pid);
  call4(SYS_WAIT4, child->pid, (long)&status, 0, 0);
  sys_close(child->socket);
  drop_outbox(child);
  if (child->call == UNASSIGNED) {
    if (child->why != ZYGOTE_END_COMMAND) zygote->spares_fail = true;
  } else if (!child->silent) {
    tell_end(child, status, cpu - child->cpu_start);
  }
  struct child *last = &zygote->children[--zygote->count];
  if (child != last) __builtin_memcpy(child, last, sizeof *child);
}
