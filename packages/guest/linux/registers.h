// The registers that entry.S saves of a program, and the image's sizes.
#ifndef COLONY_LINUX_REGISTERS_H
#define COLONY_LINUX_REGISTERS_H

#define REGISTERS_TRAPPED 1

#define SELECTOR_CODE 0x33
#define SELECTOR_DATA 0x2b

#define LINUX_STACK 0x40000       // bytes, of the library OS itself
#define LINUX_FIRST_HEAP 0x200000  // bytes of memory at the start

#define SYSCALL_BYTES 2  // the length of the instruction
#define EXCEPTION_BYTES 176  // of struct exception

#ifndef __ASSEMBLER__
#include <stdint.h>

struct general {
  uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
};

// A system call: linux_serve changes general.rax.
struct registers {
  struct general general;
  uint64_t number, rip, flags, rsp;
  uint64_t trapped;  // REGISTERS_TRAPPED if the site's own instruction trapped
};

// An exception, with what the processor pushes.
struct exception {
  struct general general;
  uint64_t vector, code;
  uint64_t rip, cs, flags, rsp, ss;
};
_Static_assert(sizeof(struct exception) == EXCEPTION_BYTES, "entry.S copies all of it");

// A program's registers, where they were saved: changes take effect when the program goes on.
struct context {
  struct general *general;
  uint64_t *rip, *flags, *rsp;
};

// The registers with which a program goes on, in the order of iretq.
struct resumption {
  struct general general;
  uint64_t rip, cs, flags, rsp, ss;
};
#endif
#endif
