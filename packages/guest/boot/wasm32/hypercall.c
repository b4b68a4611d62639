// Implements boot/hypercall.h with the imports. The heap grows by the memory.grow instruction, which the host counts.
#include "boot/hypercall.h"

#include "imports.h"

#include <string.h>

enum { WASM_PAGE = 65536 };

extern char __heap_base[];

_Noreturn static void refuse(int32_t trap, const char *message) { host_abort(trap, message, strlen(message)); }

// A host that refuses ends the run itself. The refusal here is for more than 4 GiB.
static struct colony_reply grow(size_t heap_size) {
  uint64_t wanted = (uint64_t)(uintptr_t)__heap_base + heap_size;
  size_t have = __builtin_wasm_memory_size(0);
  size_t pages = (size_t)((wanted + WASM_PAGE - 1) / WASM_PAGE);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == (size_t)-1)
    refuse(COLONY_TRAP_MEMORY, "out of memory");
  return (struct colony_reply){COLONY_STATUS_OK, 0};
}

struct colony_reply colony_hypercall(uint64_t op, const void *in, size_t in_len, void *out, size_t out_cap) {
  switch (op) {
    case COLONY_OP_CALL:
    case COLONY_OP_FETCH: {
      uint64_t reply = (uint64_t)host_hypercall((int32_t)op, in, in_len, out, out_cap);
      return (struct colony_reply){reply >> 32, (uint32_t)reply};
    }
    case COLONY_OP_GROW: return grow((size_t)in);
    case COLONY_OP_ABORT: host_abort((int32_t)(uintptr_t)out, in, in_len);
    default: refuse(COLONY_TRAP_UNSUPPORTED, "no such hypercall");
  }
}
