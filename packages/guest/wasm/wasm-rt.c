#include "wasm-rt.h"

#include "boot/hypercall.h"

#include <string.h>

// Entries that all tables of an image share. Static, because a virtine's only heap is its linear memory.
#ifndef COLONY_WASM_TABLE_ENTRIES
#define COLONY_WASM_TABLE_ENTRIES 8192
#endif

#define WASM_PAGE 65536u
#define MEMORY_FULL UINT64_MAX
#define TABLE_FULL UINT32_MAX

struct trap {
  uint64_t code;
  const char *message;
};

static const struct trap traps[] = {
    [WASM_RT_TRAP_NONE] = {COLONY_TRAP_EXIT, "exit"},
    [WASM_RT_TRAP_OOB] = {COLONY_TRAP_BOUNDS, "out of bounds memory or table access"},
    [WASM_RT_TRAP_INT_OVERFLOW] = {COLONY_TRAP_OVERFLOW, "integer overflow"},
    [WASM_RT_TRAP_DIV_BY_ZERO] = {COLONY_TRAP_DIVIDE, "integer divide by zero"},
    [WASM_RT_TRAP_INVALID_CONVERSION] = {COLONY_TRAP_CONVERSION, "invalid conversion to integer"},
    [WASM_RT_TRAP_UNREACHABLE] = {COLONY_TRAP_UNREACHABLE, "unreachable"},
    [WASM_RT_TRAP_CALL_INDIRECT] = {COLONY_TRAP_INDIRECT_CALL, "indirect call of a wrong or missing function"},
    [WASM_RT_TRAP_EXHAUSTION] = {COLONY_TRAP_STACK, "call stack exhausted"},
};

void wasm_rt_trap(wasm_rt_trap_t code) {
  colony_abort(traps[code].code, traps[code].message, strlen(traps[code].message));
}

// --- memory -------------------------------------------------------------------------------------------------------

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial_pages, uint64_t max_pages, bool is64,
                             uint32_t page_size) {
  (void)is64;
  (void)page_size;
  // The host maps heap_initial of the note, which the image builder set to exactly these pages.
  memory->data = (uint8_t *)COLONY_WASM_HEAP_BASE;
  memory->pages = initial_pages;
  memory->max_pages = max_pages;
  memory->size = initial_pages * WASM_PAGE;
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  uint64_t old = memory->pages;
  if (pages == 0) return old;
  if (pages > memory->max_pages - old) return MEMORY_FULL;
  uint64_t size = (old + pages) * WASM_PAGE;
  colony_hypercall(COLONY_OP_GROW, (void *)size, 0, NULL, 0);  // returns only if the host grants it
  memory->pages = old + pages;
  memory->size = size;
  return old;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { (void)memory; }

// --- tables -------------------------------------------------------------------------------------------------------

static wasm_rt_funcref_t funcrefs[COLONY_WASM_TABLE_ENTRIES];
static uint32_t funcrefs_used;
static wasm_rt_externref_t externrefs[COLONY_WASM_TABLE_ENTRIES];
static uint32_t externrefs_used;

// Only the last table takes the rest of the pool, so only that one can grow.
#define DEFINE_TABLE(kind, pool, used)                                                                                \
  void wasm_rt_allocate_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t elements, uint32_t max_elements) {   \
    if (elements > COLONY_WASM_TABLE_ENTRIES - used) wasm_rt_trap(WASM_RT_TRAP_OOB);                                  \
    table->data = pool + used;                                                                                        \
    table->size = elements;                                                                                           \
    table->max_size = max_elements;                                                                                   \
    used += elements;                                                                                                 \
  }                                                                                                                   \
  uint32_t wasm_rt_grow_##kind##_table(wasm_rt_##kind##_table_t *table, uint32_t delta, wasm_rt_##kind##_t init) {    \
    uint32_t old = table->size;                                                                                       \
    bool last = table->data + old == pool + used;                                                                     \
    if (delta > table->max_size - old) return TABLE_FULL;                                                             \
    if (delta > 0 && (!last || delta > COLONY_WASM_TABLE_ENTRIES - used)) return TABLE_FULL;                          \
    for (uint32_t i = 0; i < delta; i++) table->data[old + i] = init;                                                 \
    table->size = old + delta;                                                                                        \
    used += delta;                                                                                                    \
    return old;                                                                                                       \
  }                                                                                                                   \
  void wasm_rt_free_##kind##_table(wasm_rt_##kind##_table_t *table) { (void)table; }

DEFINE_TABLE(funcref, funcrefs, funcrefs_used)
DEFINE_TABLE(externref, externrefs, externrefs_used)
