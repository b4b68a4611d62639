// A system call changes rax, rcx and r11, and nothing else: not vectors, not the stack below the stack pointer. Run with
// the folder of files that the host has, so that opening one leaves the virtine.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <asm/prctl.h>

enum { VECTORS = 16, GENERAL = 12 };
struct state {
  uint64_t general[GENERAL];  // rbx rbp rdi rsi rdx r8 r9 r10 r12 r13 r14 r15
  uint8_t vectors[VECTORS][32];
  double x87;
  uint32_t mxcsr, pad;
  uint64_t result;
};

// Loads everything from `in`, makes system call `number` with rdi and rsi of `in`, and stores everything to `out`.
void observe(const struct state *in, struct state *out, uint64_t number);
__asm__(
    ".globl observe\n"
    "observe:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rsi\n"
    "  stmxcsr -8(%rsp)\n"
    "  mov %rdx, %rax\n"
    "  fldl 608(%rdi)\n"
    "  ldmxcsr 616(%rdi)\n"
    ".set i, 0\n"
    ".macro loads n\n vmovdqu 96+32*\\n(%rdi), %ymm\\n\n .endm\n"
    ".macro stores n\n vmovdqu %ymm\\n, 96+32*\\n(%rcx)\n .endm\n"
    " loads 0; loads 1; loads 2; loads 3; loads 4; loads 5; loads 6; loads 7\n"
    " loads 8; loads 9; loads 10; loads 11; loads 12; loads 13; loads 14; loads 15\n"
    "  mov 0(%rdi), %rbx; mov 8(%rdi), %rbp; mov 24(%rdi), %rsi; mov 32(%rdi), %rdx\n"
    "  mov 40(%rdi), %r8; mov 48(%rdi), %r9; mov 56(%rdi), %r10; mov 64(%rdi), %r12\n"
    "  mov 72(%rdi), %r13; mov 80(%rdi), %r14; mov 88(%rdi), %r15; mov 16(%rdi), %rdi\n"
    "  syscall\n"
    "  mov (%rsp), %rcx\n"
    "  mov %rax, 624(%rcx)\n"
    "  mov %rbx, 0(%rcx); mov %rbp, 8(%rcx); mov %rdi, 16(%rcx); mov %rsi, 24(%rcx)\n"
    "  mov %rdx, 32(%rcx); mov %r8, 40(%rcx); mov %r9, 48(%rcx); mov %r10, 56(%rcx)\n"
    "  mov %r12, 64(%rcx); mov %r13, 72(%rcx); mov %r14, 80(%rcx); mov %r15, 88(%rcx)\n"
    "  fstpl 608(%rcx)\n"
    "  stmxcsr 616(%rcx)\n"
    " stores 0; stores 1; stores 2; stores 3; stores 4; stores 5; stores 6; stores 7\n"
    " stores 8; stores 9; stores 10; stores 11; stores 12; stores 13; stores 14; stores 15\n"
    "  ldmxcsr -8(%rsp)\n"
    "  vzeroupper\n"
    "  pop %rsi; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  ret\n");
_Static_assert(__builtin_offsetof(struct state, x87) == 608 && __builtin_offsetof(struct state, result) == 624,
               "observe has these offsets");

// Fills the red zone, makes the system call `mov $102, %eax; syscall` (getuid), and returns the number of changed bytes.
uint64_t red_zone(void);
__asm__(
    ".globl red_zone\n"
    "red_zone:\n"
    "  mov $0x5a5a5a5a5a5a5a5a, %rdx\n"
    ".set at, 8\n"
    ".rept 16\n  mov %rdx, -at(%rsp)\n .set at, at + 8\n .endr\n"
    "  mov $102, %eax\n"
    "  syscall\n"
    "  xor %eax, %eax\n"
    ".set at, 8\n"
    ".rept 16\n  cmp %rdx, -at(%rsp)\n  setne %cl\n  movzbl %cl, %ecx\n  add %rcx, %rax\n .set at, at + 8\n .endr\n"
    "  ret\n");

// umask(*) through `mov $95, %eax; syscall`, and the address of that syscall instruction itself.
uint64_t set_mask(uint64_t mask);
uint64_t call_middle(uint64_t mask, uint64_t unused1, uint64_t unused2);
__asm__(
    ".globl set_mask, call_middle\n"
    "set_mask:\n"
    "  mov $95, %eax\n"
    "1: syscall\n"
    "  ret\n"
    "call_middle:\n"
    "  mov $95, %eax\n"
    "  jmp 1b\n");

static void fill(struct state *state, int seed) {
  for (int i = 0; i < GENERAL; i++) state->general[i] = 0x1111111111111111ull * (uint64_t)(i + 1) + (uint64_t)seed;
  for (int i = 0; i < VECTORS; i++) memset(state->vectors[i], 16 * seed + i + 1, sizeof state->vectors[i]);
  state->x87 = 1.5 + seed;
  state->mxcsr = 0x7f80;  // rounds toward zero
}

static void compare(const char *name, int seed, uint64_t number, uint64_t first, uint64_t second) {
  static struct state in, out;
  fill(&in, seed);
  in.general[2] = first;
  in.general[3] = second;
  in.general[4] = 0;
  observe(&in, &out, number);
  printf("%s: %s general %d vectors %d x87 %d mxcsr %d\n", name, (int64_t)out.result < 0 ? "error" : "ok",
         memcmp(in.general, out.general, sizeof in.general) == 0,
         memcmp(in.vectors, out.vectors, sizeof in.vectors) == 0, in.x87 == out.x87, in.mxcsr == out.mxcsr);
}

// The library OS reads and writes at any alignment, whatever the program checks for itself.
static void alignment_checks(void) {
  uint64_t flags, result = SYS_getuid;
  __asm__ volatile(
      "pushfq\n orq $0x40000, (%%rsp)\n popfq\n syscall\n pushfq\n popq %0\n"
      "pushfq\n andq $~0x40000, (%%rsp)\n popfq\n"
      : "=r"(flags), "+a"(result)
      :
      : "rcx", "r11", "memory", "cc");
  printf("alignment flag kept %d\n", (flags & 0x40000) != 0);
}

static void bases(const char *path) {
  uint64_t before = 0, after = 0;
  syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456000);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &before);
  int file = open(path, O_RDONLY);
  syscall(SYS_arch_prctl, ARCH_GET_FS, &after);
  printf("fs kept %d opened %d ", before == after, file >= 0);
  syscall(SYS_arch_prctl, ARCH_GET_GS, &after);
  printf("gs kept %d\n", after == 0x123456000);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  char path[4096];
  for (int i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "%s/f%d", arguments[1], i);
    compare("open", i, SYS_open, (uint64_t)path, O_RDONLY);
    compare("getuid", i, SYS_getuid, 1, 2);
    compare("unknown", i, 999, 3, 4);
  }
  snprintf(path, sizeof path, "%s/f4", arguments[1]);
  bases(path);
  alignment_checks();
  for (int i = 0; i < 3; i++) printf("red zone %lu\n", red_zone());
  set_mask(022);
  printf("mask %lo\n", set_mask(077));
  printf("mask by the middle %lo\n", call_middle(027, 0, 0));
  printf("mask by the middle again %lo\n", call_middle(022, 0, 0));
  return 0;
}
