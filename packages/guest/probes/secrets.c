// Leaves a secret in every place that a guest can write, and searches for one. `look_*` returns the number of secret
// bytes found. In a fresh state, in any shell, after any call, that number is 0.
//
// Registers that the runtime's own C code uses (general ones, low vectors) show little here: raw_state.S checks all
// registers.
#include <colony/virtine.h>

#include <stdlib.h>
#include <string.h>

enum { SECRET = 0xc5, BLOCK = 16384 };

static int found(const volatile uint8_t *at, size_t length) {
  int count = 0;
  for (size_t i = 0; i < length; i++) count += at[i] == SECRET;
  return count;
}

// ---- Memory ----
static uint8_t bss[BLOCK];
static uint8_t initialized[BLOCK] = {1};

void leave_bss(void) { memset(bss, SECRET, sizeof bss); }
COLONY_EXPORT(void, leave_bss);
int look_bss(void) { return found(bss, sizeof bss); }
COLONY_EXPORT(int, look_bss);

void leave_data(void) { memset(initialized, SECRET, sizeof initialized); }
COLONY_EXPORT(void, leave_data);
int look_data(void) { return found(initialized, sizeof initialized); }
COLONY_EXPORT(int, look_data);

__attribute__((noinline)) void leave_stack(void) {
  volatile uint8_t frame[BLOCK];
  memset((uint8_t *)frame, SECRET, sizeof frame);
}
COLONY_EXPORT(void, leave_stack);
__attribute__((noinline)) int look_stack(void) {
  volatile uint8_t frame[BLOCK];
  __asm__ volatile("" : "=m"(frame));
  return found(frame, sizeof frame);
}
COLONY_EXPORT(int, look_stack);

// The heap of malloc: a large block, so that the same pages are used again.
void leave_heap(uint32_t size) { memset(malloc(size), SECRET, size); }
COLONY_EXPORT(void, leave_heap, uint32_t);
int look_heap(uint32_t size) { return found(malloc(size), size); }
COLONY_EXPORT(int, look_heap, uint32_t);

// Searches all bytes between two addresses; faults for unmapped ones.
int look_at(uint64_t from, uint64_t to) { return found((const uint8_t *)(uintptr_t)from, to - from); }
COLONY_EXPORT(int, look_at, uint64_t, uint64_t);

#ifdef __x86_64__
// ---- Registers ----
static const uint64_t kSecretWord = 0xc5c5c5c5c5c5c5c5;

// Fills the registers, and ends with all of them full. `how` selects the end: 0 returns, 1 faults, 2 loops until the
// deadline, 3 makes a hypercall of an unknown operation.
static void fill_registers(int how, int level) {
  static uint8_t area[4096] __attribute__((aligned(64)));
  memset(area, SECRET, sizeof area);
  if (level >= 3) {
    __asm__ volatile(
        "vmovdqu64 (%0), %%zmm0\n\tvmovdqa64 %%zmm0, %%zmm1\n\tvmovdqa64 %%zmm0, %%zmm7\n\tvmovdqa64 %%zmm0, %%zmm15\n\t"
        "vmovdqa64 %%zmm0, %%zmm16\n\tvmovdqa64 %%zmm0, %%zmm24\n\tvmovdqa64 %%zmm0, %%zmm31\n\t"
        "kmovq (%0), %%k1\n\tkmovq (%0), %%k2\n\tkmovq (%0), %%k7"
        :
        : "r"(area)
        : "memory");
  } else if (level >= 2) {
    __asm__ volatile("vmovdqu (%0), %%ymm0\n\tvmovdqa %%ymm0, %%ymm7\n\tvmovdqa %%ymm0, %%ymm15"
                     :
                     : "r"(area)
                     : "memory");
  }
  uint32_t mxcsr = 0x1fbf;  // flags set, which a guest could use as a channel
  __asm__ volatile(
      "movdqu (%0), %%xmm0\n\tmovdqa %%xmm0, %%xmm2\n\tmovdqa %%xmm0, %%xmm14\n\t"
      "fninit\n\tfldpi\n\tfldpi\n\tfldpi\n\tldmxcsr %1\n\twrfsbase %2\n\twrgsbase %2"
      :
      : "r"(area), "m"(mxcsr), "r"(kSecretWord >> 17)
      : "memory");
  __asm__ volatile(
      "mov %0, %%ecx\n\tmov %1, %%rax\n\tmov %%rax, %%rbx\n\tmov %%rax, %%rdx\n\tmov %%rax, %%rsi\n\tmov %%rax, %%rdi\n\t"
      "mov %%rax, %%r8\n\tmov %%rax, %%r9\n\tmov %%rax, %%r10\n\tmov %%rax, %%r11\n\tmov %%rax, %%r12\n\tmov %%rax, %%r13\n\t"
      "mov %%rax, %%r14\n\tmov %%rax, %%r15\n\t"
      "cmp $1, %%ecx\n\tjne 1f\n\tud2\n1:\tcmp $2, %%ecx\n\tjne 2f\n3:\tjmp 3b\n2:\tcmp $3, %%ecx\n\tjne 4f\n\tout %%al, $0xcb\n4:\tcld"
      :
      : "m"(how), "m"(kSecretWord)
      : "memory", "cc", "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15");
}

// 1: SSE. 2: AVX. 3: AVX-512. The highest level that the host enabled. (CPUID may not report XGETBV, but the stub's
// XRSTOR shows that it exists.)
static int vector_level(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & 0xe6) == 0xe6 ? 3 : (low & 6) == 6 ? 2 : 1;
}

int vectors(void) { return vector_level(); }
COLONY_EXPORT(int, vectors);

void leave_registers(int how) { fill_registers(how, vector_level()); }
COLONY_EXPORT(void, leave_registers, int);

// Counts secret bytes in the vector and mask registers. Sets a bit for each other part that differs from the state at
// entry: 16 x87 stack, 17 MXCSR, 18 FS base, 19 GS base.
int look_registers(void) {
  static uint8_t area[4096] __attribute__((aligned(64)));
  int level = vector_level();
  if (level >= 3) {
    __asm__ volatile(
        "vmovdqu64 %%zmm7, 0(%0)\n\tvmovdqu64 %%zmm15, 64(%0)\n\tvmovdqu64 %%zmm16, 128(%0)\n\tvmovdqu64 %%zmm24, 192(%0)\n\t"
        "vmovdqu64 %%zmm31, 256(%0)\n\tkmovq %%k1, 320(%0)\n\tkmovq %%k2, 328(%0)\n\tkmovq %%k7, 336(%0)\n\tvmovdqu64 %%zmm0, 384(%0)"
        :
        : "r"(area)
        : "memory");
  } else if (level >= 2) {
    __asm__ volatile("vmovdqu %%ymm0, 0(%0)\n\tvmovdqu %%ymm7, 32(%0)\n\tvmovdqu %%ymm15, 64(%0)"
                     :
                     : "r"(area)
                     : "memory");
  }
  __asm__ volatile("movdqu %%xmm2, 512(%0)\n\tmovdqu %%xmm14, 528(%0)\n\tfxsave64 1024(%0)" : : "r"(area) : "memory");
  uint64_t fs, gs;
  __asm__ volatile("rdfsbase %0\n\trdgsbase %1" : "=r"(fs), "=r"(gs));
  uint32_t mxcsr;
  memcpy(&mxcsr, area + 1024 + 24, sizeof mxcsr);
  return found(area, sizeof area) | (area[1024 + 4] != 0) << 16 | (mxcsr != 0x1f80) << 17 | (fs != 0) << 18 |
         (gs != 0) << 19;
}
COLONY_EXPORT(int, look_registers);
#endif
