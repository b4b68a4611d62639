// System calls, as the kernel defines them, without a C library. Each returns a negative errno for an error.
#ifndef COLONY_PROCESS_SYS_H
#define COLONY_PROCESS_SYS_H

#include <stddef.h>
#include <stdint.h>

// clang-format off
enum {
  SYS_READ = 0, SYS_WRITE = 1, SYS_CLOSE = 3, SYS_POLL = 7, SYS_MMAP = 9, SYS_MPROTECT = 10, SYS_MUNMAP = 11,
  SYS_SIGACTION = 13, SYS_WRITEV = 20, SYS_MADVISE = 28, SYS_DUP2 = 33, SYS_RECVFROM = 45, SYS_SENDMSG = 46,
  SYS_SOCKETPAIR = 53, SYS_CLONE = 56, SYS_WAIT4 = 61, SYS_KILL = 62, SYS_SIGALTSTACK = 131, SYS_PRCTL = 157,
  SYS_ARCH_PRCTL = 158,
  SYS_CLOCK_GETTIME = 228, SYS_EXIT_GROUP = 231, SYS_PRLIMIT64 = 302, SYS_CLOSE_RANGE = 436,
};
// clang-format on

enum { E_INTR = 4, E_AGAIN = 11, E_NOMEM = 12, E_FAULT = 14 };

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

static inline long call1(long number, long a) { return system_call(number, a, 0, 0, 0, 0, 0); }
static inline long call2(long number, long a, long b) { return system_call(number, a, b, 0, 0, 0, 0); }
static inline long call3(long number, long a, long b, long c) { return system_call(number, a, b, c, 0, 0, 0); }
static inline long call4(long number, long a, long b, long c, long d) { return system_call(number, a, b, c, d, 0, 0); }

static inline long sys_read(int file, void *to, size_t size) { return call3(SYS_READ, file, (long)to, (long)size); }
static inline long sys_write(int file, const void *from, size_t size) {
  return call3(SYS_WRITE, file, (long)from, (long)size);
}
static inline long sys_close(int file) { return call1(SYS_CLOSE, file); }

enum { PROTECT_NONE = 0, PROTECT_READ_WRITE = 3 };
enum { MAP_PRIVATE_ANONYMOUS = 0x22, MAP_NO_RESERVE = 0x4000, MAP_FIXED_NO_REPLACE = 0x100000 };

static inline long sys_map(uint64_t at, size_t size, int protection, int flags) {
  return system_call(SYS_MMAP, (long)at, (long)size, protection, MAP_PRIVATE_ANONYMOUS | flags, -1, 0);
}
static inline long sys_protect(uint64_t at, size_t size, int protection) {
  return call3(SYS_MPROTECT, (long)at, (long)size, protection);
}
static inline long sys_unmap(void *at, size_t size) { return call2(SYS_MUNMAP, (long)at, (long)size); }

static inline _Noreturn void sys_exit(int code) {
  for (;;) call1(SYS_EXIT_GROUP, code);
}

struct io_vector {
  const void *start;
  size_t length;
};

#endif
