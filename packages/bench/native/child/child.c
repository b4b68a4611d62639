// The smallest possible program: no C library, no loader. Without arguments it exits at once. With one it answers each
// message on its input with as many bytes, until its input ends.
#include <stdint.h>

static long call(long number, long first, void *second, long third) {
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(first), "S"(second), "d"(third)
                   : "rcx", "r11", "memory");
  return result;
}

enum { READ = 0, WRITE = 1, EXIT = 60 };

__attribute__((noreturn, used)) static void start(const uint64_t *stack) {
  char message[4096];
  const uint64_t arguments = stack[0];
  while (arguments > 1) {
    const long length = call(READ, 0, message, sizeof message);
    if (length <= 0 || call(WRITE, 1, message, length) != length) break;
  }
  for (;;) call(EXIT, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call start\n");
