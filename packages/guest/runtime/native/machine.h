// Calls functions of any signature on x86-64, and unwinds from them.
#ifndef COLONY_RUNTIME_MACHINE_H
#define COLONY_RUNTIME_MACHINE_H

#include <colony/virtine.h>

#include <stddef.h>
#include <stdint.h>

// Registers for the call of an exported function, and their values afterwards. invoke.S knows the offsets.
struct invocation {
  void (*function)(void);
  uint64_t integers[6];
  uint64_t vectors[8];
  uint64_t integer, length, vector;  // results: rax (also the data of colony_bytes), rdx, xmm0
  unsigned integer_count, vector_count;
};

static inline struct invocation invocation_of(const struct colony_export *export) {
  return (struct invocation){.function = export->function};
}
static inline void put_integer(struct invocation *to, uint64_t value) { to->integers[to->integer_count++] = value; }
static inline void put_vector(struct invocation *to, uint64_t bits) { to->vectors[to->vector_count++] = bits; }
static inline void put_buffer(struct invocation *to, const uint8_t *data, size_t length) {
  put_integer(to, (uint64_t)data);
  put_integer(to, length);
}

// A place to return to: callee-saved registers, stack pointer and instruction pointer.
struct catch_point {
  uint64_t registers[8];
};

#endif
