// Signals that a program sends to itself, and those of its faults. No others exist: a virtine has one process.
#include "signals.h"

#include <asm/errno.h>
#include <linux/signal.h>

#include "../threads/threads.h"
#include "clock.h"
#include "identity.h"
#include "process.h"

enum { MASK_BYTES = 8, LEAST_STACK = 2048, SENT_BY_TKILL = -6 };

struct signals signals;

static const uint64_t DEFAULT = 0, IGNORE = 1;
static const uint64_t UNBLOCKABLE = (uint64_t)1 << (SIGKILL - 1) | (uint64_t)1 << (SIGSTOP - 1);

void signals_begin(void) {
  memset(&signals, 0, sizeof signals);
  signals.thread.stack.flags = SS_DISABLE;
}

struct thread_signals signals_of_new_thread(void) {
  return (struct thread_signals){.blocked = signals.thread.blocked, .stack = {.flags = SS_DISABLE}};
}

static uint64_t pending_for(const struct thread_signals *thread) { return thread->pending | signals.pending; }

bool signals_end_wait(const struct thread_signals *thread) {
  return (pending_for(thread) & (~thread->blocked | thread->awaited)) != 0;
}

bool process_is_interrupted(void) { return signals_end_wait(&signals.thread); }

// No longer waits for the signals.
static void take(uint64_t bits) {
  signals.thread.pending &= ~bits;
  signals.pending &= ~bits;
}

static int64_t copy_in(void *to, uint64_t address, size_t length) {
  if (!user_range(address, length)) return -EFAULT;
  memcpy(to, (const void *)address, length);
  return 0;
}

static int64_t copy_out(uint64_t address, const void *from, size_t length) {
  if (!user_range(address, length)) return -EFAULT;
  memcpy((void *)address, from, length);
  return 0;
}

// By default most signals end the program, and a few do nothing. Those that stop a process do nothing here, because
// nothing could ever continue it.
static bool harmless(uint64_t signal) {
  switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU: return true;
    default: return false;
  }
}

static bool has_handler(uint64_t signal) { return signals.actions[signal - 1].handler > IGNORE; }

static bool does_nothing(uint64_t signal) {
  uint64_t handler = signals.actions[signal - 1].handler;
  return handler == IGNORE || (handler == DEFAULT && harmless(signal));
}

SYSTEM_CALL(rt_sigaction) {
  uint64_t signal = a[0];
  struct action action;
  if (a[3] != MASK_BYTES || signal < 1 || signal > SIGNALS) return -EINVAL;
  if (a[1] != 0 && copy_in(&action, a[1], sizeof action) < 0) return -EFAULT;
  if (a[1] != 0 && (signal_bit(signal) & UNBLOCKABLE) != 0) return -EINVAL;
  struct action old = signals.actions[signal - 1];
  if (a[1] != 0) signals.actions[signal - 1] = action;
  if (a[1] != 0 && does_nothing(signal)) take(signal_bit(signal));
  return a[2] != 0 ? copy_out(a[2], &old, sizeof old) : 0;
}

static _Noreturn void end_by(uint64_t signal) { process_end((struct ending){.signal = (int)signal}); }

// A signal without a handler acts at once, unless the thread blocks it or waits for it. Another waits for the end of the
// thread's system call.
static void raise_in(uint32_t number, uint64_t signal) {
  struct thread_signals *thread = thread_signals_of(number);
  bool kept = ((thread->blocked | thread->awaited) & signal_bit(signal)) != 0;
  if (!kept && does_nothing(signal)) return;
  if (!kept && !has_handler(signal)) end_by(signal);
  thread->pending |= signal_bit(signal);
  thread_interrupt(number);
}

void process_signal(int signal) { raise_in(thread_number(), (uint64_t)signal); }

// The first thread that can takes a signal of the process.
static void raise_in_process(uint64_t signal) {
  uint32_t number = thread_that_takes(signal_bit(signal));
  if (number != 0) raise_in(number, signal);
  else signals.pending |= signal_bit(signal);
}

static bool restarts_calls(uint64_t signal) { return (signals.actions[signal - 1].flags & SA_RESTART) != 0; }

static void start(const struct context *context, const struct cause *cause) {
  if (!handler_start(context, cause)) end_by(SIGSEGV);
}

static void deliver(const struct context *context, uint64_t signal) {
  take(signal_bit(signal));
  if (does_nothing(signal)) return;
  if (!has_handler(signal)) end_by(signal);
  start(context, &(struct cause){.signal = (int)signal, .code = SENT_BY_TKILL, .address = process_id});
}

static bool next_ready(uint64_t *signal) {
  uint64_t ready = pending_for(&signals.thread) & ~signals.thread.blocked;
  if (ready != 0) *signal = (uint64_t)__builtin_ctzll(ready) + 1;
  return ready != 0;
}

static void end_restart(const struct context *context) {
  *context->rip += SYSCALL_BYTES;
  context->general->rax = (uint64_t)-EINTR;
}

static void end_wait_mask(void) {
  if (signals.thread.has_original) signals.thread.blocked = signals.thread.original;
  signals.thread.has_original = false;
}

// Signals that only the wait let through are delivered if they ended it.
// Handlers that are started one after the other run in the opposite order, each before the one it interrupted.
void signals_deliver(const struct context *context, bool restarts) {
  uint64_t signal;
  if (context->general->rax != (uint64_t)-EINTR) end_wait_mask();
  for (; next_ready(&signal); restarts = restarts && does_nothing(signal)) {
    if (restarts && has_handler(signal) && !restarts_calls(signal)) end_restart(context);
    deliver(context, signal);
  }
  end_wait_mask();
}

// A fault cannot wait: where its signal is blocked or ignored, Linux ends the program.
void signals_fault(const struct context *context, const struct cause *cause) {
  uint64_t signal = (uint64_t)cause->signal;
  if (!has_handler(signal) || (signals.thread.blocked & signal_bit(signal)) != 0) end_by(signal);
  start(context, cause);
}

static int64_t change_mask(uint64_t how, uint64_t set) {
  switch (how) {
    case SIG_BLOCK: signals.thread.blocked |= set & ~UNBLOCKABLE; return 0;
    case SIG_UNBLOCK: signals.thread.blocked &= ~set; return 0;
    case SIG_SETMASK: signals.thread.blocked = set & ~UNBLOCKABLE; return 0;
    default: return -EINVAL;
  }
}

SYSTEM_CALL(rt_sigprocmask) {
  uint64_t set, old = signals.thread.blocked;
  if (a[3] != MASK_BYTES) return -EINVAL;
  if (a[1] != 0 && copy_in(&set, a[1], sizeof set) < 0) return -EFAULT;
  int64_t error = a[1] != 0 ? change_mask((uint32_t)a[0], set) : 0;
  if (error < 0) return error;
  return a[2] != 0 ? copy_out(a[2], &old, sizeof old) : 0;
}

static int64_t take_mask(uint64_t address, uint64_t size, uint64_t *mask) {
  if (size != MASK_BYTES) return -EINVAL;
  return copy_in(mask, address, sizeof *mask);
}

int64_t process_wait_with(uint64_t address, uint64_t size) {
  uint64_t mask;
  if (address == 0) return 0;
  int64_t error = take_mask(address, size, &mask);
  if (error < 0) return error;
  signals.thread.original = signals.thread.blocked;
  signals.thread.has_original = true;
  signals.thread.blocked = mask & ~UNBLOCKABLE;
  return 0;
}

static int64_t wait_for_signal(void) {
  while (thread_wait(thread_own_place(), 0, FOR_EVER) != INTERRUPTED) continue;
  return -EINTR;
}

SYSTEM_CALL(pause) {
  (void)a;
  return wait_for_signal();
}

SYSTEM_CALL(rt_sigsuspend) {
  if (a[0] == 0) return a[1] != MASK_BYTES ? -EINVAL : -EFAULT;
  int64_t error = process_wait_with(a[0], a[1]);
  return error < 0 ? error : wait_for_signal();
}

// Returns the signal that was taken. -EAGAIN: none came in time.
static int64_t take_signal(uint64_t set, uint64_t until) {
  struct thread_signals *thread = &signals.thread;
  enum wait_end end = WOKEN;
  thread->awaited = set;
  if ((pending_for(thread) & set) == 0) end = thread_wait(thread_own_place(), 0, until);
  thread->awaited = 0;
  uint64_t ready = pending_for(thread) & set;
  if (ready == 0) return end == INTERRUPTED ? -EINTR : -EAGAIN;
  take(ready & -ready);
  return __builtin_ctzll(ready) + 1;
}

SYSTEM_CALL(rt_sigtimedwait) {
  uint64_t set, time = 0;
  int64_t error = take_mask(a[0], a[3], &set);
  if (error == 0 && a[2] != 0) error = clock_duration(a[2], &time);
  if (error < 0) return error;
  int64_t signal = take_signal(set & ~UNBLOCKABLE, a[2] == 0 ? FOR_EVER : clock_after(time));
  if (signal < 0 || a[1] == 0) return signal;
  const struct signal_info info = {.signal = (int32_t)signal, .code = SENT_BY_TKILL, .address = process_id};
  return copy_out(a[1], &info, sizeof info) < 0 ? -EFAULT : signal;
}

SYSTEM_CALL(rt_sigpending) {
  if (a[1] > MASK_BYTES) return -EINVAL;
  const uint64_t pending = pending_for(&signals.thread) & signals.thread.blocked;
  return a[1] == 0 ? 0 : copy_out(a[0], &pending, a[1]);
}

static int64_t set_stack(uint64_t address) {
  struct alternate_stack stack;
  if (copy_in(&stack, address, sizeof stack) < 0) return -EFAULT;
  int32_t mode = stack.flags & ~(int32_t)SS_AUTODISARM;
  if (mode != 0 && mode != SS_DISABLE && mode != SS_ONSTACK) return -EINVAL;
  if (mode != SS_DISABLE && stack.size < LEAST_STACK) return -ENOMEM;
  if (mode == SS_DISABLE) stack = (struct alternate_stack){.flags = SS_DISABLE};
  signals.thread.stack = stack;
  return 0;
}

SYSTEM_CALL(sigaltstack) {
  struct alternate_stack old = signals.thread.stack;
  int64_t error = a[0] != 0 ? set_stack(a[0]) : 0;
  return error < 0 || a[1] == 0 ? error : copy_out(a[1], &old, sizeof old);
}

// The caller's group has no other process. A target of -1 means all processes but the caller: there are none.
SYSTEM_CALL(kill) {
  if ((uint32_t)a[1] > SIGNALS) return -EINVAL;
  if (!is_own_process(a[0])) return -ESRCH;
  if ((uint32_t)a[1] != 0) raise_in_process((uint32_t)a[1]);
  return 0;
}

static int64_t kill_thread(uint64_t thread, uint64_t signal) {
  if ((int32_t)thread <= 0 || signal > SIGNALS) return -EINVAL;
  if (!thread_exists((uint32_t)thread)) return -ESRCH;
  if (signal != 0) raise_in((uint32_t)thread, signal);
  return 0;
}

SYSTEM_CALL(tkill) { return kill_thread(a[0], (uint32_t)a[1]); }
SYSTEM_CALL(tgkill) {
  if ((int32_t)a[0] <= 0) return -EINVAL;
  return (int32_t)a[0] == process_id ? kill_thread(a[1], (uint32_t)a[2]) : -ESRCH;
}
