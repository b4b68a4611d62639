// The raw hypercall. A guest does everything else within its own memory.
#ifndef COLONY_BOOT_HYPERCALL_H
#define COLONY_BOOT_HYPERCALL_H

#include "colony/abi.h"

#include <stddef.h>
#include <stdint.h>

struct colony_reply {
  uint64_t status;  // COLONY_STATUS_*
  uint64_t length;  // bytes of the frame; larger than out_cap with COLONY_STATUS_TOO_SMALL
};

// For COLONY_OP_GROW, `in` is the wanted heap size. For COLONY_OP_ABORT, `out` is the trap code.
struct colony_reply colony_hypercall(uint64_t op, const void *in, size_t in_len, void *out, size_t out_cap);

// Ends the run. `message` is UTF-8.
__attribute__((noreturn)) static inline void colony_abort(uint64_t trap, const char *message, size_t length) {
  colony_hypercall(COLONY_OP_ABORT, message, length, (void *)(uintptr_t)trap, 0);
  __builtin_trap();
}

// Native targets: sets the thread pointer (FS base), which keeps its value until the next call.
void colony_set_thread_pointer(void *thread);

// Called by the entry code of native targets; must not return.
void colony_main(char *heap, size_t heap_size, size_t heap_capacity, uint64_t abi, const void *system_page);

#endif
