// Calls functions of any signature in WebAssembly, and unwinds from them. Calls use the companion that COLONY_EXPORT
// made for each function. Unwinding uses the host, because only the host can unwind.
#ifndef COLONY_RUNTIME_MACHINE_H
#define COLONY_RUNTIME_MACHINE_H

#include <colony/virtine.h>

#include <stddef.h>
#include <stdint.h>

struct invocation {
  void (*function)(void);
  char code;           // letter of its result type
  uint64_t slots[14];  // each argument in the low bytes of one slot
  unsigned count;
  uint64_t integer, length, vector;  // results: integers and addresses, the length of colony_bytes, floats
};

static inline struct invocation invocation_of(const struct colony_export *export) {
  return (struct invocation){.function = export->function, .code = export->signature[0]};
}
static inline void put_integer(struct invocation *to, uint64_t value) { to->slots[to->count++] = value; }
static inline void put_vector(struct invocation *to, uint64_t bits) { put_integer(to, bits); }
static inline void put_buffer(struct invocation *to, const uint8_t *data, uint64_t length) {
  put_integer(to, (uintptr_t)data | length << 32);
}

// The host keeps the state.
struct catch_point {};

#endif
