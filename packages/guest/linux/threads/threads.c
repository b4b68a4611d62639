#include "threads.h"

#include <asm/errno.h>
#include <linux/signal.h>

#include "../host.h"
#include "../process/process.h"
#include "../process/signals.h"
#include "../vectors.h"

enum { MOST_THREADS = 1024, KERNEL_STACK = 32 * 1024 };
static const uint64_t TURN = 2 * 1000 * 1000;  // nanoseconds

enum state { FREE, READY, WAITING };

struct thread {
  enum state state;
  uint32_t number;
  uint64_t kernel_top;   // where entry.S begins its frame
  uint64_t kernel_stop;  // the stack pointer while another runs
  uint64_t fs, gs;
  uint8_t vectors[VECTORS_ROOM + 64];  // with room to align it
  uint8_t *stack;
  struct thread_signals signals;
  uint64_t clear_number_at;
  uint64_t place, until;
  uint32_t mask;
  enum wait_end woken;
};

extern uint64_t linux_kernel_stack;  // entry.S: of the present thread
void linux_switch(uint64_t *stop, uint64_t next);
void linux_thread_start(void);

static struct thread *threads[MOST_THREADS];
static size_t count, alive;
static struct thread *current;
static size_t current_index;
static uint64_t turn_began;
static uint32_t last_number;
static int first_status;

static void *vectors_of(struct thread *thread) { return (void *)(((uint64_t)thread->vectors + 63) & ~63ull); }

static struct thread *new_thread(void) {
  struct thread *thread = kernel_allocate(sizeof *thread);
  thread->number = ++last_number;
  thread->state = READY;
  thread->signals = signals_of_new_thread();
  return thread;
}

static void forget(struct thread *thread) {
  kernel_free(thread->stack);
  kernel_free(thread);
}

void threads_begin(void) {
  for (size_t i = 0; i < count; i++) forget(threads[i]);
  last_number = 0;
  first_status = 0;
  count = alive = 1;
  current_index = 0;
  current = threads[0] = new_thread();
  turn_began = clock_monotonic();
}

uint32_t thread_number(void) { return current->number; }

static struct thread *find(uint32_t number) {
  for (size_t i = 0; i < count; i++) {
    if (threads[i]->state != FREE && threads[i]->number == number) return threads[i];
  }
  return NULL;
}

bool thread_exists(uint32_t number) { return find(number) != NULL; }

// --- switching --------------------------------------------------------------------------------------------------------

static void leave(struct thread *thread) {
  vectors_store(vectors_of(thread));
  asm volatile("rdfsbase %0" : "=r"(thread->fs));
  asm volatile("rdgsbase %0" : "=r"(thread->gs));
  thread->kernel_top = linux_kernel_stack;
  thread->signals = signals.thread;
}

static void enter(struct thread *thread) {
  signals.thread = thread->signals;
  linux_kernel_stack = thread->kernel_top;
  asm volatile("wrfsbase %0" ::"r"(thread->fs));
  asm volatile("wrgsbase %0" ::"r"(thread->gs));
  vectors_load(vectors_of(thread));
}

static void switch_to(size_t index) {
  struct thread *from = current, *to = threads[index];
  turn_began = clock_monotonic();
  current_index = index;
  if (to == from) return;
  current = to;
  leave(from);
  enter(to);
  linux_switch(&from->kernel_stop, to->kernel_stop);
}

static bool can_run(struct thread *thread, uint64_t now) {
  if (thread->state == WAITING && thread->until <= now) {
    thread->state = READY;
    thread->woken = TIMED_OUT;
  }
  return thread->state == READY;
}

// The next one that can run, in turn; `count` if there is none.
static size_t next_ready(uint64_t now) {
  for (size_t step = 1; step <= count; step++) {
    size_t index = (current_index + step) % count;
    if (can_run(threads[index], now)) return index;
  }
  return count;
}

static uint64_t earliest(void) {
  uint64_t first = FOR_EVER;
  for (size_t i = 0; i < count; i++) {
    if (threads[i]->state == WAITING && threads[i]->until < first) first = threads[i]->until;
  }
  return first;
}

// Nothing outside of the virtine could wake a thread.
static _Noreturn void deadlock(void) {
  process_end((struct ending){.signal = SIGKILL,
                              .message = "colony: every thread waits without an end, so the program ends\n"});
}

static void run_next(void) {
  for (;;) {
    uint64_t now = clock_monotonic();
    size_t index = next_ready(now);
    if (index < count) {
      switch_to(index);
      return;
    }
    uint64_t first = earliest();
    if (first == FOR_EVER) deadlock();
    host_idle(first - now);
  }
}

void thread_take_turns(void) {
  if (alive > 1 && clock_monotonic() - turn_began >= TURN) run_next();
}

void threads_yield(void) { run_next(); }

bool threads_wait_for_turn(void) {
  if (alive == 1) return false;
  size_t index = next_ready(clock_monotonic());
  return index < count && index != current_index;
}

SYSTEM_CALL(sched_yield) {
  (void)a;
  if (alive > 1) run_next();
  return 0;
}

// --- waiting ----------------------------------------------------------------------------------------------------------

// No place of a futex or a file is one of the library OS's own variables.
uint64_t thread_own_place(void) { return (uint64_t)&current; }

enum wait_end thread_wait(uint64_t place, uint32_t mask, uint64_t until) {
  if (signals_end_wait(&signals.thread)) return INTERRUPTED;
  current->place = place;
  current->mask = mask;
  current->until = until;
  current->state = WAITING;
  run_next();
  return current->woken;
}

static void wake(struct thread *thread, enum wait_end how) {
  thread->state = READY;
  thread->woken = how;
}

static bool waits_at(const struct thread *thread, uint64_t place, uint32_t mask) {
  return thread->state == WAITING && thread->place == place && (thread->mask & mask) != 0;
}

uint32_t thread_wake(uint64_t place, uint32_t mask, uint32_t most) {
  uint32_t woken = 0;
  for (size_t i = 0; i < count && woken < most; i++) {
    if (!waits_at(threads[i], place, mask)) continue;
    wake(threads[i], WOKEN);
    woken++;
  }
  return woken;
}

uint32_t thread_move(uint64_t from, uint64_t to, uint32_t most) {
  uint32_t moved = 0;
  for (size_t i = 0; i < count && moved < most; i++) {
    if (!waits_at(threads[i], from, ANY_WAKER)) continue;
    threads[i]->place = to;
    moved++;
  }
  return moved;
}

static struct thread_signals *signals_of(struct thread *thread) {
  return thread == current ? &signals.thread : &thread->signals;
}

struct thread_signals *thread_signals_of(uint32_t number) { return signals_of(find(number)); }

uint32_t thread_that_takes(uint64_t bit) {
  for (size_t i = 0; i < count; i++) {
    const struct thread_signals *own = signals_of(threads[i]);
    if (threads[i]->state != FREE && (bit & (~own->blocked | own->awaited)) != 0) return threads[i]->number;
  }
  return 0;
}

void thread_interrupt(uint32_t number) {
  struct thread *thread = find(number);
  if (thread->state == WAITING && signals_end_wait(&thread->signals)) wake(thread, INTERRUPTED);
}

// --- birth and end ----------------------------------------------------------------------------------------------------

static size_t free_slot(void) {
  for (size_t i = 0; i < count; i++) {
    if (threads[i]->state == FREE && i != current_index) {
      forget(threads[i]);
      return i;
    }
  }
  return count;
}

// The first switch to the thread finds six registers and the address of its start, and above them its own registers.
static void prepare_stack(struct thread *thread, const struct birth *birth) {
  thread->stack = kernel_allocate(KERNEL_STACK);
  thread->kernel_top = ((uint64_t)thread->stack + KERNEL_STACK) & ~15ull;
  struct registers *registers = (struct registers *)thread->kernel_top - 1;
  *registers = *birth->parent;
  registers->general.rax = 0;
  registers->rsp = birth->stack;
  uint64_t *stop = (uint64_t *)registers - 7;
  memset(stop, 0, 6 * sizeof *stop);
  stop[6] = (uint64_t)linux_thread_start;
  thread->kernel_stop = (uint64_t)stop;
}

static void prepare_processor(struct thread *thread, const struct birth *birth) {
  vectors_store(vectors_of(thread));
  asm volatile("rdfsbase %0" : "=r"(thread->fs));
  asm volatile("rdgsbase %0" : "=r"(thread->gs));
  if (birth->has_thread_pointer) thread->fs = birth->thread_pointer;
}

int64_t thread_create(const struct birth *birth) {
  size_t slot = free_slot();
  if (slot == MOST_THREADS) return -EAGAIN;
  struct thread *thread = new_thread();
  prepare_stack(thread, birth);
  prepare_processor(thread, birth);
  thread->clear_number_at = birth->clear_number_at;
  threads[slot] = thread;
  if (slot == count) count++;
  alive++;
  return thread->number;
}

void thread_set_clear(uint64_t address) { current->clear_number_at = address; }

static void clear_number(void) {
  uint64_t address = current->clear_number_at;
  if (address == 0 || !user_range(address, sizeof(uint32_t))) return;
  *(uint32_t *)address = 0;
  thread_wake(address, ANY_WAKER, 1);
}

// The status of a process whose threads all end is that of its first thread.
_Noreturn void thread_end(int status) {
  if (current->number == FIRST_THREAD) first_status = status;
  clear_number();
  if (--alive == 0) process_end((struct ending){.status = first_status});
  current->state = FREE;
  run_next();
  kernel_panic("a thread went on after its end");
}
