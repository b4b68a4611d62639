// Green threads: one runs, on the one processor, until it waits, ends, or has run long enough at a system call.
#ifndef COLONY_LINUX_THREADS_H
#define COLONY_LINUX_THREADS_H

#include "../kernel.h"
#include "../registers.h"

#define THREAD_CALLS(ROW) ROW(clone) ROW(clone3) ROW(exit) ROW(gettid) ROW(set_tid_address) ROW(sched_yield) ROW(futex)

#define DECLARE_CALL_OF_THREADS(name) system_call sys_##name;
THREAD_CALLS(DECLARE_CALL_OF_THREADS)

// A program begins with one thread, whose number is the process's.
void threads_begin(void);

enum { FIRST_THREAD = 1 };
uint32_t thread_number(void);
bool thread_exists(uint32_t number);

// Waits until another thread wakes the place, or until a moment of clock_monotonic (FOR_EVER: without an end), or until a
// signal arrives. `mask` selects wakers. If no thread could ever go on, the program ends with a message.
#define FOR_EVER UINT64_MAX
enum wait_end { WOKEN, TIMED_OUT, INTERRUPTED };
enum wait_end thread_wait(uint64_t place, uint32_t mask, uint64_t until);
uint64_t thread_own_place(void);  // where nothing wakes a thread but a signal or the moment
#define ANY_WAKER UINT32_MAX
// Wakes up to `most` threads that wait at the place. Returns how many.
uint32_t thread_wake(uint64_t place, uint32_t mask, uint32_t most);
// Lets up to `most` of them wait at another place instead.
uint32_t thread_move(uint64_t from, uint64_t to, uint32_t most);

// Gives the others their turn, if the present thread has had its own.
void thread_take_turns(void);
// Gives the others their turn.
void threads_yield(void);
// True if another thread is ready to run.
bool threads_wait_for_turn(void);

// The signals of a thread that exists.
struct thread_signals;
struct thread_signals *thread_signals_of(uint32_t number);
// The first thread that does not block the signal, or waits for it; 0 if all block it.
uint32_t thread_that_takes(uint64_t bit);
// Ends the thread's wait, if a signal does that.
void thread_interrupt(uint32_t number);

// The registers with which a new thread begins, and what clone asks for.
struct birth {
  const struct registers *parent;
  uint64_t stack, thread_pointer;
  bool has_thread_pointer;
  uint64_t clear_number_at;  // the word that its end clears and wakes, or 0
};
// Returns the number of the new thread, or an error.
int64_t thread_create(const struct birth *birth);
_Noreturn void thread_end(int status);
void thread_set_clear(uint64_t address);

#endif
