#ifndef COLONY_LINUX_SIGNALS_H
#define COLONY_LINUX_SIGNALS_H

#include "../registers.h"
#include "process.h"

enum { SIGNALS = 64 };

// The layouts of the kernel. Its headers have those of an older interface.
struct action {
  uint64_t handler, flags, restorer, mask;
};
struct alternate_stack {
  uint64_t address;
  int32_t flags, pad;
  uint64_t size;
};

struct signals {
  struct action actions[SIGNALS];
  // These belong to the thread that runs.
  uint64_t blocked, pending;
  struct alternate_stack stack;
};
extern struct signals signals;

// The same of a thread that does not run.
struct thread_signals {
  uint64_t blocked, pending;
  struct alternate_stack stack;
};
struct thread_signals signals_of_new_thread(void);
void signals_leave(struct thread_signals *thread);
void signals_enter(const struct thread_signals *thread);

static inline uint64_t signal_bit(uint64_t signal) { return (uint64_t)1 << (signal - 1); }

// A program begins with default actions, and with no signal blocked or waiting.
void signals_begin(void);

// Why a signal was sent.
struct cause {
  int signal, code;
  uint64_t address;        // of a fault
  uint64_t vector, error;  // of an exception
};

// At the end of a system call: starts the handler of a signal that waits and is not blocked.
void signals_deliver(const struct context *context);
// Starts the handler of a fault's signal, or ends the program.
void signals_fault(const struct context *context, const struct cause *cause);

// --- handler.c -------------------------------------------------------------------------------------------------------
// Changes the program's registers so that it goes on in its handler, whose return leads to rt_sigreturn. Returns false if
// the stack has no room.
bool handler_start(const struct context *context, const struct cause *cause);

#endif
