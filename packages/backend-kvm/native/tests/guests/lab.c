// The test guest: a request is an op byte and up to six 64-bit numbers; the guest performs the operation of a test.
#include <stdint.h>

#include "boot/hypercall.h"
#include "lab.h"

uint64_t observe_next(const void *in, uint64_t in_len, void *out, uint64_t out_cap);
_Noreturn void plant_and_next(int with_avx512);
_Noreturn void raw_out(uint64_t rax, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t rcx, uint64_t r8);
extern uint8_t observed[192], observed_xsave[16384], int_table[];

static char request[LAB_BUFFER] __attribute__((aligned(4096)));
static char reply[LAB_BUFFER] __attribute__((aligned(4096)));
static char scratch[64 * 4096] __attribute__((aligned(4096)));
static volatile uint64_t counter = 7;
static char *heap;
static uint64_t heap_size;

void *memcpy(void *to, const void *from, unsigned long n) {
  char *t = to;
  for (const char *f = from; n > 0; --n) *t++ = *f++;
  return to;
}

static uint64_t arg(int i) {
  uint64_t v;
  memcpy(&v, request + 8 + 8 * i, 8);
  return v;
}

static uint64_t give(uint64_t v) {
  memcpy(reply, &v, 8);
  return 8;
}

static uint64_t random_of(uint64_t *s) {
  *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
  return *s;
}

static uint64_t grow(uint64_t size) {
  struct colony_reply r = colony_hypercall(COLONY_OP_GROW, (void *)size, 0, 0, 0);
  if (r.status == 0) heap_size = size;
  return r.status;
}

// Writes `count` random bytes on random pages of data, heap and stack.
static uint64_t scribble(uint64_t seed, uint64_t count) {
  volatile char stack[32768];
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t r = random_of(&seed), at = random_of(&seed);
    if (r % 4 == 0) scratch[at % sizeof scratch] = (char)r | 1;
    else if (r % 4 == 1) stack[at % sizeof stack] = (char)r | 1;
    else if (heap_size > 0) heap[at % heap_size] = (char)r | 1;
  }
  return give(stack[0]);
}

__attribute__((optimize("no-optimize-sibling-calls"))) static _Noreturn void recurse(volatile char *up) {
  volatile char here[1024];
  here[0] = up[0];
  recurse(here);
  __builtin_trap();
}

static void spin(uint64_t n) {
  for (uint64_t i = 0; i < n; ++i) __asm__ volatile("");
}

#define BEHAVE(n, text) case n: __asm__ volatile(text ::: "memory", "rax", "rbx", "rcx", "rdx", "rdi", "rsi", "r8", "cc"); break

static uint64_t misbehave(uint64_t which, uint64_t value) {
  switch (which) {
    BEHAVE(LAB_UD2, "ud2");
    BEHAVE(LAB_DIVIDE, "xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $1, %%eax; divl %%ecx");
    BEHAVE(LAB_INT3, "int3");
    BEHAVE(LAB_ICEBP, ".byte 0xf1");
    BEHAVE(LAB_HLT, "hlt");
    BEHAVE(LAB_CLI, "cli");
    BEHAVE(LAB_SYSCALL, "xorl %%eax, %%eax; syscall");
    BEHAVE(LAB_SYSENTER, "sysenter");
    BEHAVE(LAB_CR3, "movq %%cr3, %%rax");
    BEHAVE(LAB_WRITE_CR4, "movq %%rax, %%cr4");
    BEHAVE(LAB_DR7, "movq %%rax, %%dr7");
    BEHAVE(LAB_RDMSR, "movl $0xc0000080, %%ecx; rdmsr");
    BEHAVE(LAB_WRMSR, "movl $0xc0000080, %%ecx; wrmsr");
    BEHAVE(LAB_RDTSC, "rdtsc");
    BEHAVE(LAB_RDPMC, "xorl %%ecx, %%ecx; rdpmc");
    BEHAVE(LAB_LGDT, "subq $16, %%rsp; lgdt (%%rsp); addq $16, %%rsp");
    BEHAVE(LAB_SGDT, "subq $16, %%rsp; sgdt (%%rsp); addq $16, %%rsp");
    BEHAVE(LAB_SWAPGS, "swapgs");
    BEHAVE(LAB_XSETBV, "xorl %%ecx, %%ecx; xorl %%edx, %%edx; movl $7, %%eax; xsetbv");
    BEHAVE(LAB_INVLPG, "invlpg (%%rsp)");
    BEHAVE(LAB_IRET, "pushq $0; pushq $0; pushq $2; pushq $0x8; pushq $0x400000; iretq");
    BEHAVE(LAB_FAR_RETURN, "pushq $0x8; pushq $0x400000; lretq");
    BEHAVE(LAB_LOAD_SEGMENT, "movl $0x2b, %%eax; movl %%eax, %%ds");
    BEHAVE(LAB_TRAP_FLAG, "pushfq; orq $0x100, (%%rsp); popfq; nop; nop");
    BEHAVE(LAB_ALIGNMENT, "pushfq; orq $0x40000, (%%rsp); popfq; movl 1(%%rsp), %%eax");
    BEHAVE(LAB_IN, "inb $0xcb, %%al");
    BEHAVE(LAB_OUT_OTHER, "outb %%al, $0x80");
    BEHAVE(LAB_OUT_WIDE, "outl %%eax, $0xcb");
    BEHAVE(LAB_OUT_NEXT_PORT, "outb %%al, $0xcc");
    BEHAVE(LAB_OUTSB, "leaq (%%rsp), %%rsi; movl $64, %%ecx; movl $0xcb, %%edx; rep outsb");
    BEHAVE(LAB_FSBASE, "movabsq $0x8000000000000000, %%rax; wrfsbase %%rax");
    BEHAVE(LAB_LDTILECFG,
           "subq $64, %%rsp; movq $0, (%%rsp); .byte 0xc4, 0xe2, 0x78, 0x49, 0x04, 0x24; addq $64, %%rsp");
    BEHAVE(LAB_TILEZERO, ".byte 0xc4, 0xe2, 0x7b, 0x49, 0xc0");
    BEHAVE(LAB_WRPKRU, "xorl %%eax, %%eax; xorl %%ecx, %%ecx; xorl %%edx, %%edx; wrpkru");
    BEHAVE(LAB_MONITOR, "xorl %%eax, %%eax; xorl %%ecx, %%ecx; xorl %%edx, %%edx; monitor");
    BEHAVE(LAB_NONCANONICAL, "movabsq $0x8000000000000000, %%rax; jmp *%%rax");
    BEHAVE(
        LAB_UNMASKED_SSE,
        "subq $8, %%rsp; movl $0, (%%rsp); ldmxcsr (%%rsp); xorps %%xmm0, %%xmm0; divss %%xmm0, %%xmm0; addq $8, %%rsp");
    BEHAVE(LAB_JMP_SELF, "1: jmp 1b");
    BEHAVE(LAB_VMMCALL_LOOP, "1: movl $1, %%eax; vmmcall; jmp 1b");
    BEHAVE(LAB_VMCALL_LOOP, "1: movl $1, %%eax; vmcall; jmp 1b");
    BEHAVE(LAB_CPUID_LOOP, "1: xorl %%eax, %%eax; cpuid; jmp 1b");
    case LAB_STACK: recurse((char *)&which);
    case LAB_INT_N: ((void (*)(void))(int_table + 4 * value))(); break;
    case LAB_GROW_LOOP:
      for (;;) grow(heap_size);
    case LAB_SPIN_THEN_FAULT:
      spin(value);
      *(volatile char *)0x1000 = 1;
      break;
  }
  return give(0);
}

static uint64_t serve(uint64_t length) {
  switch (request[0]) {
    case LAB_ECHO: memcpy(reply, request, length); return length;
    case LAB_COUNT: return give(++counter);
    case LAB_READ: return give(*(volatile uint8_t *)arg(0));
    case LAB_WRITE: *(volatile uint8_t *)arg(0) = (uint8_t)arg(1); return give(0);
    case LAB_EXECUTE: ((void (*)(void))arg(0))(); return give(0);
    case LAB_GROW: return give(grow(arg(0)));
    case LAB_FILL:
      for (uint64_t i = 0; i < arg(1); i += 4096) *(volatile uint8_t *)(arg(0) + i) = 0xee;
      return give(0);
    case LAB_SCRIBBLE: return scribble(arg(0), arg(1));
    case LAB_CALL: {
      struct colony_reply r = colony_hypercall(COLONY_OP_CALL, request, length, reply, arg(0));
      if (r.status == COLONY_STATUS_TOO_SMALL) r = colony_hypercall(COLONY_OP_FETCH, 0, 0, reply, arg(1));
      return r.length;
    }
    case LAB_CALLS:
      for (uint64_t i = 0; i < arg(0); ++i) colony_hypercall(COLONY_OP_CALL, request, length, reply, sizeof reply);
      return give(0);
    case LAB_CALL_THEN_FETCH: {  // a frame that did not fit is dropped for another call, and cannot be fetched then
      colony_hypercall(COLONY_OP_CALL, request, length, reply, 0);
      colony_hypercall(COLONY_OP_CALL, request, length, reply, sizeof reply);
      colony_hypercall(COLONY_OP_FETCH, 0, 0, reply, sizeof reply);
      return give(0);
    }
    case LAB_FETCH: colony_hypercall(COLONY_OP_FETCH, 0, 0, reply, sizeof reply); return give(0);
    case LAB_ABORT: colony_abort(arg(0), request + 16, length - 16);
    case LAB_WRITE_THEN_ABORT: *(volatile uint8_t *)arg(0) = (uint8_t)arg(1); colony_abort(0, 0, 0);
    case LAB_PLANT: plant_and_next((int)arg(0));
    case LAB_OBSERVE:
      memcpy(reply, observed, sizeof observed);
      memcpy(reply + sizeof observed, observed_xsave, 4096);
      return sizeof observed + 4096;
    case LAB_RAW: raw_out(arg(0), arg(1), arg(2), arg(3), arg(4), arg(5));
    case LAB_SPIN: spin(arg(0)); return give(0);
    case LAB_MISBEHAVE: return misbehave(arg(0), arg(1));
    case LAB_SHORT_BUFFER: return give(0);
    case LAB_SET_TILES: {  // palette 1, then rows and columns with a secret
      static char config[64] __attribute__((aligned(64)));
      config[0] = 1, config[16] = 0x35, config[48] = 7;
      __asm__ volatile(".byte 0xc4, 0xe2, 0x78, 0x49, 0x00" ::"a"(config) : "memory");  // ldtilecfg (%rax)
      return give(0);
    }
    case LAB_GET_TILES:
      __asm__ volatile(".byte 0xc4, 0xe2, 0x79, 0x49, 0x00" ::"a"(reply) : "memory");
      return 64;  // sttilecfg (%rax)
    case LAB_HEAP: return give((uint64_t)heap);
    default: __builtin_trap();
  }
}

void colony_main(char *base, size_t size, size_t capacity, uint64_t abi, const void *system_page) {
  (void)capacity, (void)abi, (void)system_page;
  heap = base, heap_size = size;
  uint64_t given = 0, capacity_of_request = sizeof request;
  for (;;) {
    uint64_t length = observe_next(reply, given, request, capacity_of_request);
    if (length > capacity_of_request) length = colony_hypercall(COLONY_OP_FETCH, 0, 0, request, sizeof request).length;
    given = serve(length);
    capacity_of_request = request[0] == LAB_SHORT_BUFFER ? 16 : sizeof request;
  }
}
