// Reports a processor fault in the guest to the host before the process ends: vector, address, instruction.
#include "process.h"
#include "sys.h"

enum { SIGILL_ = 4, SIGTRAP_ = 5, SIGBUS_ = 7, SIGFPE_ = 8, SIGSEGV_ = 11 };
enum { ON_STACK = 0x08000000, WITH_FACTS = 4, RESTORER = 0x04000000 };
enum { ZYGOTE_FAULT = 99, INVALID_OPCODE = 6 };

// Layouts as the kernel defines them.
struct stack {
  uint64_t start;
  int flags;
  uint64_t size;
};
struct context {
  uint64_t flags;
  struct context *link;
  struct stack stack;
  // r8-r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags, segments, error, vector, old mask, cr2
  uint64_t registers[23];
};
struct action {
  void (*handler)(int, const void *, const struct context *);
  uint64_t flags;
  void (*restorer)(void);
  uint64_t mask;
};
enum { RSP = 15, RIP = 16, ERROR = 19, VECTOR = 20, CR2 = 22 };

void fault_return(void);

static void handle(int signal, const void *facts, const struct context *context) {
  (void)facts;
  if (!is_child) sys_exit(ZYGOTE_FAULT);
  const uint64_t *registers = context->registers;
  // The vector is in the low byte, the error code above it. If the kernel itself refuses an instruction, the vector is
  // an old one.
  uint64_t vector = signal == SIGILL_ ? INVALID_OPCODE : registers[VECTOR] & 0xff;
  uint32_t code = (uint32_t)vector | (uint32_t)registers[ERROR] << 8;
  end_guest(ZYGOTE_REPORT_FAULT, code, registers[RIP], registers[CR2], registers[RSP], NULL, 0);
}

void install_fault_handlers(void) {
  static const int signals[] = {SIGILL_, SIGTRAP_, SIGBUS_, SIGFPE_, SIGSEGV_};
  struct stack stack = {layout.fault_stack, 0, FAULT_STACK};
  call2(SYS_SIGALTSTACK, (long)&stack, 0);
  struct action action = {handle, ON_STACK | WITH_FACTS | RESTORER, fault_return, 0};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
    call4(SYS_SIGACTION, signals[i], (long)&action, 0, 8);
  }
}
