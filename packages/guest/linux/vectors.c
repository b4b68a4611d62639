#include "vectors.h"

#include "kernel.h"

// Legacy state, header, AVX, AVX-512 and protection keys in the standard format (SDM vol. 1, 13.4) end before 2,752 bytes.
enum { XSAVE_ROOM = 4096, XSAVE_OF_SYSTEM_PAGE = 1024 };
static const uint32_t COMPONENTS = 0x2e7;

static uint8_t state[XSAVE_ROOM] __attribute__((aligned(64)));
static uint64_t gs_base;
static unsigned depth;  // saving may be needed while the state is saved: memory for a reply grows by a hypercall
static const uint8_t *initial;

static void load(const uint8_t *from) { asm volatile("xrstor64 (%0)" ::"r"(from), "a"(COMPONENTS), "d"(0) : "memory"); }

static void set_gs(uint64_t base) { asm volatile("wrgsbase %0" ::"r"(base)); }

void vectors_begin(const void *system_page) { initial = (const uint8_t *)system_page + XSAVE_OF_SYSTEM_PAGE; }

void vectors_store(void *to) { asm volatile("xsave64 (%0)" ::"r"(to), "a"(COMPONENTS), "d"(0) : "memory"); }

void vectors_load(const void *from) { load(from); }

void vectors_save(void) {
  if (depth++ > 0) return;
  vectors_store(state);
  asm volatile("rdgsbase %0" : "=r"(gs_base));
}

void vectors_restore(void) {
  if (--depth > 0) return;
  load(state);
  set_gs(gs_base);
}

void vectors_clear(void) {
  depth = 0;
  load(initial);
  set_gs(0);
  asm volatile("wrfsbase %0" ::"r"(0ull));
}
