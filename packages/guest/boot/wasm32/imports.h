// The only ways out of a Wasm guest. All are imports of the module `colony`; packages/docs/internals/contracts.md
// specifies them.
#ifndef COLONY_BOOT_IMPORTS_H
#define COLONY_BOOT_IMPORTS_H

#include <stdint.h>

#define COLONY_IMPORT(name) __attribute__((import_module("colony"), import_name(name)))

// CALL and FETCH. Returns status << 32 | length.
COLONY_IMPORT("hypercall")
int64_t host_hypercall(int32_t op, const void *in, uint32_t in_len, void *out, uint32_t out_cap);

// Ends the run. `message` is UTF-8.
COLONY_IMPORT("abort") _Noreturn void host_abort(int32_t trap, const char *message, uint32_t length);

// Calls the export `colony_row` with the same argument. Returns 0 when that returns, and 1 when it calls `throw`. The
// stack pointer then has its old value.
COLONY_IMPORT("protect") int32_t host_protect(void *argument);
COLONY_IMPORT("throw") _Noreturn void host_throw(void);

#endif
