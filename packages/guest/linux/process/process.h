// A program's process: its start, what it is told about itself, and its end.
#ifndef COLONY_LINUX_PROCESS_H
#define COLONY_LINUX_PROCESS_H

#include "../host.h"
#include "../kernel.h"

#define PROCESS_CALLS(ROW)                                                                                           \
  ROW(exit_group) ROW(arch_prctl) ROW(set_robust_list) ROW(get_robust_list) ROW(prlimit64) \
  ROW(getrlimit) ROW(setrlimit) ROW(getrusage) ROW(times) ROW(sysinfo) ROW(uname) ROW(getpid) ROW(getppid)    \
  ROW(getuid) ROW(geteuid) ROW(getgid) ROW(getegid) ROW(getresuid) ROW(getresgid) ROW(getgroups) ROW(getpgrp)             \
  ROW(getpgid) ROW(getsid) ROW(setsid) ROW(setpgid) ROW(setuid) ROW(setgid) ROW(capget) ROW(prctl) ROW(rt_sigaction)      \
  ROW(rt_sigprocmask) ROW(rt_sigpending) ROW(rt_sigreturn) ROW(rt_sigsuspend) ROW(rt_sigtimedwait) ROW(pause) ROW(sigaltstack) ROW(kill) ROW(tkill) ROW(tgkill)               \
  ROW(sched_getaffinity) ROW(sched_setaffinity) ROW(sched_getparam) ROW(sched_getscheduler) ROW(getpriority)              \
  ROW(setpriority) ROW(getcpu) ROW(nanosleep) ROW(clock_nanosleep) ROW(clock_gettime) ROW(clock_getres) ROW(gettimeofday) \
  ROW(time) ROW(alarm) ROW(getitimer) ROW(setitimer) ROW(getrandom) ROW(personality)

#define DECLARE_CALL_OF_PROCESS(name) system_call sys_##name;
PROCESS_CALLS(DECLARE_CALL_OF_PROCESS)

// A list of texts: argv or environ.
struct texts {
  size_t count;
  const char *const *items;
};

struct program {
  const char *path;  // absolute, without links
  struct texts arguments, environment;
};

// The first registers of a program, and its image in memory.
struct start {
  uint64_t instruction, stack;
};

// Maps the program and its loader, and builds the first stack. Returns 0, or an error as execve has it. It resets the
// address space first.
// The end of the addresses that a program is linked to, by the first bytes of its file, or 0 if it may lie anywhere.
uint64_t process_fixed_end(const uint8_t *first, size_t length);

int64_t process_load(const struct program *program, const struct host_facts *facts, struct start *start);

// The processor's frequency, before anything else of this room.
void clock_begin(uint64_t tsc_khz);
// Clocks and randomness begin again with each call, before process_load, which takes random bytes for the program.
void clock_start(const struct host_facts *facts);
// Nanoseconds: since the start of the virtine; since 1970, or since the start if the policy grants no clock.
uint64_t clock_monotonic(void);
uint64_t clock_after(uint64_t nanoseconds);  // a moment of clock_monotonic before FOR_EVER
// Reads a struct timespec of the program as nanoseconds. Returns 0, EFAULT or EINVAL.
int64_t clock_duration(uint64_t address, uint64_t *nanoseconds);
uint64_t clock_real(void);
// Goes on at a moment of clock_monotonic, maybe on another machine. clock_set_real sets the time of day alone.
void clock_resume(uint64_t tsc_khz, uint64_t monotonic);
void clock_set_real(const struct host_facts *facts);
// Provided by the caller of this room: asks the host for the facts of the call, if that was not done yet.
void process_need_facts(void);
void random_start(const struct host_facts *facts);
void random_fill(void *to, size_t length);

// Sends a signal to the thread that runs.
void process_signal(int signal);
// True if a signal waits that the thread does not block: a wait ends at once.
bool process_is_interrupted(void);
// Reads the mask of signals with which a system call waits, and blocks those until the call ends. Address 0: no change.
int64_t process_wait_with(uint64_t address, uint64_t size);

// Gives the process another number, as after fork: libraries with random numbers of their own ask for new ones then.
void identity_renew(void);

// How a program ended. `signal` is 0 if it exited. The message, which may be NULL, follows the program's errors.
struct ending {
  int status, signal;
  const char *message;
};
// Leaves the program for good, from a system call or a fault. Provided by entry.S and main.c.
_Noreturn void process_end(struct ending ending);

// True if the program that was loaded last has glibc's loader, which can stop before the program.
bool process_has_tracing_loader(void);

const char *process_executable(void);  // the path, for /proc/self/exe

#endif
