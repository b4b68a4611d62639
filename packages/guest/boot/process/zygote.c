// The zygote's loop. It has one thread and never waits for a child. A child that does not read or send therefore delays
// no other child.
#include "zygote.h"

#include "sys.h"

#include "colony/abi.h"

enum { SET_DUMPABLE = 4, DO_NOT_FORK = 10 };
enum { CANNOT_START = 97 };
enum { POLL_IN = 1, POLL_OUT = 4 };
enum { NANOSECONDS = 1000000 };  // in a millisecond
static const uint64_t kStackGuard = 64 * 1024, kLargePage = 2 << 20;
static const uint64_t kNativeReserve = (uint64_t)1 << 30, kWasmReserve = (uint64_t)4 << 30;

static struct zygote *zygote;

static uint64_t up(uint64_t value, uint64_t to) { return (value + to - 1) / to * to; }

static void must(long result) {
  if (result < 0) sys_exit(CANNOT_START);
}

static void map_at(uint64_t at, uint64_t size, int protection) {
  must(sys_map(at, size, protection, MAP_FIXED_NO_REPLACE | MAP_NO_RESERVE));
}

static void lay_out(void) {
  uint64_t end = up((uint64_t)colony_image_end, PAGE);
  bool wasm = colony_wanted_heap_base != 0;
  layout.stack = end + kStackGuard;
  layout.stack_top = layout.stack + colony_stack_size;
  layout.fault_stack = layout.stack_top + kStackGuard;
  layout.heap = wasm ? colony_wanted_heap_base : up(layout.fault_stack + FAULT_STACK + kStackGuard, kLargePage);
  layout.heap_reserve = wasm ? kWasmReserve : kNativeReserve;
  layout.fixed = end - (uint64_t)colony_image_start + colony_stack_size;
  map_at(layout.stack, colony_stack_size, PROTECT_READ_WRITE);
  map_at(layout.fault_stack, FAULT_STACK, PROTECT_READ_WRITE);
  map_at(layout.heap, wasm ? COLONY_WASM_ADDRESS_SPACE : layout.heap_reserve, PROTECT_NONE);
  if (colony_heap_initial > 0) must(sys_protect(layout.heap, colony_heap_initial, PROTECT_READ_WRITE));
}

// Returns the milliseconds until a child may have used up its CPU time; -1: no child has a limit. Checks the children
// whose time has come.
static int watch_cpu(void) {
  uint64_t time = 0;
  uint64_t next = UINT64_MAX;
  for (size_t i = 0; i < zygote->count; i++) {
    struct child *child = &zygote->children[i];
    bool uses = child->talk.state == CHILD_RUNNING || child->talk.state == CHILD_STARTING;
    if (!uses || child->look_at == UINT64_MAX) continue;
    if (time == 0) time = now();
    if (child->look_at <= time) {
      uint64_t used = cpu_of(child->pid) - child->cpu_start;
      if (used >= child->cpu_time) kill_child(child, ZYGOTE_END_CPU_TIME);
      else child->look_at = time + (child->cpu_time - used);
    }
    if (child->look_at < next) next = child->look_at;
  }
  if (next == UINT64_MAX) return -1;
  uint64_t left = next > time ? next - time : 0;
  uint64_t milliseconds = left / NANOSECONDS + 1;
  return milliseconds > 60000 ? 60000 : (int)milliseconds;
}

static bool wants_spare(void) {
  return !zygote->spares_fail && zygote->spare_memory != 0 && count_spares(zygote) < zygote->spares_wanted &&
         zygote->count < MOST_CHILDREN;
}

static void prepare_polls(void) {
  zygote->polls[0] = (struct poll){CHANNEL, POLL_IN, 0};
  for (size_t i = 0; i < zygote->count; i++) {
    const struct child *child = &zygote->children[i];
    int16_t wanted = child->outbox.start != NULL && child->talk.state != CHILD_OVER ? POLL_IN | POLL_OUT : POLL_IN;
    zygote->polls[1 + i] = (struct poll){child->socket, wanted, 0};
  }
}

// Goes backwards: the last child, already heard, takes the place of a buried one.
static void hear_children(size_t count) {
  for (size_t i = count; i-- > 0;) {
    struct child *child = &zygote->children[i];
    int16_t got = zygote->polls[1 + i].got;
    if (got & POLL_OUT) flush(child);
    if (got & ~POLL_OUT && !hear_child(zygote, child)) bury(zygote, child);
  }
}

static void loop(void) {
  for (;;) {
    int timeout = watch_cpu();
    bool spare = wants_spare();
    prepare_polls();
    size_t count = zygote->count;
    long ready = call3(SYS_POLL, (long)zygote->polls, (long)(1 + count), spare ? 0 : timeout);
    if (ready == 0 && spare) {
      // Forks only when there is nothing else to do: a fork takes longer than a small call.
      struct child *child = spawn(zygote, zygote->spare_memory);
      if (child == NULL) zygote->spares_fail = true;
    }
    if (ready <= 0) continue;
    hear_children(count);
    if (zygote->polls[0].got != 0) hear_host(zygote);
  }
}

// The entry code calls it on the stack that the kernel provided.
_Noreturn void zygote_start(void) {
  must(call2(SYS_PRCTL, SET_DUMPABLE, 0));
  lay_out();
  install_fault_handlers();
  long zone = sys_map(0, sizeof(struct zygote), PROTECT_READ_WRITE, MAP_NO_RESERVE);
  must(zone);
  must(call3(SYS_MADVISE, zone, sizeof(struct zygote), DO_NOT_FORK));
  zygote = (struct zygote *)zone;
  run_on((uint64_t)(zygote->stack + sizeof zygote->stack), loop);
}
