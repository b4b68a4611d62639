// The first stack of a program, as the ABI of x86-64 has it.
#ifndef COLONY_LINUX_STACK_H
#define COLONY_LINUX_STACK_H

#include "elf.h"
#include "process.h"

struct image {
  struct elf elf;
  uint64_t bias;  // where it lies, minus where it was linked to
};

struct stack {
  uint64_t start, end;
};

struct process {
  struct image program, interpreter;
  bool has_interpreter;
  struct stack stack;
};

// Writes arguments, environment and the auxiliary vector. Returns 0 and the stack pointer, or E2BIG.
int64_t stack_build(const struct process *process, const struct program *program, uint64_t *pointer);

#endif
