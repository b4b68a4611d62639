#ifndef COLONY_LINUX_SIGNALS_H
#define COLONY_LINUX_SIGNALS_H

#include "../registers.h"
#include "process.h"

enum { SIGNALS = 64 };

// The layouts of the kernel. Its headers have those of an older interface.
struct action {
  uint64_t handler, flags, restorer, mask;
};
enum { SIGINFO = 128 };
struct signal_info {
  int32_t signal, error, code, pad;
  uint64_t address;
  uint8_t rest[SIGINFO - 24];
};
struct alternate_stack {
  uint64_t address;
  int32_t flags, pad;
  uint64_t size;
};

// Sets of signals have a bit for each, see signal_bit.
struct thread_signals {
  uint64_t blocked, pending;
  uint64_t awaited;  // blocked signals that end the thread's wait
  // A call that waits with another mask puts it in `blocked`. The end of the call brings this one back.
  uint64_t original;
  bool has_original;
  struct alternate_stack stack;
};

struct signals {
  struct action actions[SIGNALS];
  uint64_t pending;              // of the process: all threads block them
  struct thread_signals thread;  // of the thread that runs
};
extern struct signals signals;

struct thread_signals signals_of_new_thread(void);
// True if a signal waits that ends a wait of the thread.
bool signals_end_wait(const struct thread_signals *thread);

static inline uint64_t signal_bit(uint64_t signal) { return (uint64_t)1 << (signal - 1); }

// A program begins with default actions, and with no signal blocked or waiting.
void signals_begin(void);

// Why a signal was sent.
struct cause {
  int signal, code;
  uint64_t address;        // of a fault
  uint64_t vector, error;  // of an exception
};

// At the end of a system call: starts the handlers of signals that wait and are not blocked. `restarts`: the call is to be
// made again, as the registers have it, unless a handler runs that did not ask for that.
void signals_deliver(const struct context *context, bool restarts);
// Starts the handler of a fault's signal, or ends the program.
void signals_fault(const struct context *context, const struct cause *cause);

// --- handler.c -------------------------------------------------------------------------------------------------------
// Changes the program's registers so that it goes on in its handler, whose return leads to rt_sigreturn. Returns false if
// the stack has no room.
bool handler_start(const struct context *context, const struct cause *cause);

#endif
