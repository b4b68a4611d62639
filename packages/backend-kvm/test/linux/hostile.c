// Attacks on the limits, on the library OS and on the next call. The first argument names one.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096, PORT = 203 };
#define LIBRARY_OS 0x4000000000
// Complemented, so that the scan does not find its own constant. Canonical, for the bases of segments.
#define NOT_SECRET 0xffffa53cc3a51e87
static volatile uint64_t not_secret = NOT_SECRET;

static uint64_t state;
static uint64_t next_random(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

static void output(void) {
  static char block[65536];
  for (;;) {
    if (write(1, block, sizeof block) < 0) _exit(9);
  }
}

static void memory(void) {
  for (;;) {
    char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) _exit(9);
    memset(block, 1, 1 << 20);
  }
}

static void loop(void) {
  for (;;) __asm__ volatile("");
}

static void calls(void) {
  for (;;) syscall(SYS_getppid);
}

static void unknown_calls(void) {
  for (;;) syscall(400);
}

static void ignore(int number) { (void)number; }

static void faults(void) {
  signal(SIGSEGV, ignore);
  *(volatile int *)16 = 1;
}

static void breakpoints(void) {
  signal(SIGTRAP, ignore);
  for (;;) __asm__ volatile("int3");
}

static void no_fork(void) {
  pid_t made = fork();
  printf("%d %d\n", made, made < 0 ? errno : 0);
}

static void descriptors(void) {
  int count = 0;
  while (dup(0) >= 0) count++;
  printf("%d %d\n", count > 8, errno == EMFILE);
}

static void mappings(void) {
  int count = 0;
  for (; count < 200000; count++) {
    void *block = mmap(NULL, PAGE, count % 2 == 0 ? PROT_READ : PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) break;
  }
  printf("%d\n", count > 100);
}

static void *wait_for_ever(void *unused) {
  for (;;) pause();
  return unused;
}

static void threads(void) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  int count = 0;
  pthread_t thread;
  while (count < 100000 && pthread_create(&thread, &small, wait_for_ever, NULL) == 0) count++;
  printf("%d\n", count > 8);
  fflush(stdout);
  _exit(0);
}

static int deeper(volatile char *above) {
  volatile char here[1024];
  here[0] = above[0];
  return deeper(here) + here[0];
}

static void recursion(void) {
  char top = 0;
  _exit(deeper(&top));
}

static void random_code(void) {
  uint64_t *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < PAGE / 8; i++) code[i] = next_random();
  ((void (*)(void))code)();
}

static void hypercalls(void) {
  for (int i = 0; i < 50; i++) {
    uint64_t a = i % 3 == 0 ? next_random() % 16 : next_random(), b = next_random(), c = next_random(),
             d = next_random();
    if (i % 2 == 0) b = LIBRARY_OS + b % (1 << 20), c %= 1 << 16;
    register uint64_t r8 __asm__("r8") = d;
    __asm__ volatile("outl %%eax, %%dx" : "+a"(a), "+D"(b), "+S"(c), "+r"(r8) : "d"((uint16_t)PORT) : "rcx", "memory");
  }
}

static void overwrite(void) {
  // Pages of the library OS that cannot be written end the attempt by a fault.
  uint64_t from = LIBRARY_OS + next_random() % 256 * PAGE;
  memset((void *)from, (int)state, 1 << 20);
  getppid();
}

static void plant(void) {
  uint64_t secret = ~not_secret;
  uint64_t *block = malloc(8 << 20);
  for (int i = 0; i < (8 << 20) / 8; i++) block[i] = secret;
  int file = open("/tmp/secret", O_CREAT | O_RDWR, 0600);
  for (int i = 0; i < 8; i++)
    if (write(file, block, 65536) < 0) _exit(9);
  uint64_t *mapped = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < (1 << 20) / 8; i++) mapped[i] = secret;
  setenv("SECRET", "kept", 1);
  __asm__ volatile("movq %0, %%xmm3; movq %0, %%xmm15; mov %0, %%r15; wrgsbase %0"
                   :
                   : "r"(secret)
                   : "xmm3", "xmm15", "r15");
  __asm__ volatile("wrfsbase %0; mov $231, %%eax; mov $5, %%edi; syscall" : : "r"(secret) : "memory");
}

// Scans the registers that the C library leaves alone, and all memory that can be read.
static void find(void) {
  uint64_t gs;
  uint64_t vectors[64];
  __asm__ volatile("rdgsbase %0" : "=r"(gs));
  __asm__ volatile("movdqu %%xmm3, (%0); movdqu %%xmm15, 16(%0)" : : "r"(vectors) : "memory");
  uint64_t hits = (gs == ~not_secret) + (vectors[0] == ~not_secret) + (vectors[2] == ~not_secret);
  int pipes[2];
  hits += access("/tmp/secret", F_OK) == 0 || getenv("SECRET") != NULL;
  // Addresses that fault are skipped by a system call that reports EFAULT.
  if (pipe(pipes) != 0) _exit(9);
  // A seed makes the scan find something, which shows that it can.
  static volatile uint64_t control;
  if (state != 1) control = ~not_secret;
  uint64_t pages = 0;
  static uint64_t copy[PAGE / 8];
  uint64_t end = (uint64_t)strtoull(getenv("END"), NULL, 0);
  for (uint64_t at = 0x200000; at < end; at += PAGE) {
    if (write(pipes[1], (const void *)at, PAGE) != PAGE) continue;
    if (read(pipes[0], copy, PAGE) != PAGE) _exit(8);
    pages++;
    for (int i = 0; i < PAGE / 8; i++) hits += copy[i] == ~not_secret;
  }
  memset(copy, 0, sizeof copy);
  printf("%d %d\n", pages > 16, (int)hits);
}

static void keep(void) {
  FILE *file = fopen("/tmp/kept", "a+");
  fputs("x", file);
  printf("%ld\n", ftell(file));
  fclose(file);
}

static void right(void) { printf("right\n"); }

static const struct {
  const char *name;
  void (*run)(void);
} attacks[] = {
    {"output", output},
    {"memory", memory},
    {"loop", loop},
    {"calls", calls},
    {"unknown-calls", unknown_calls},
    {"faults", faults},
    {"breakpoints", breakpoints},
    {"fork", no_fork},
    {"descriptors", descriptors},
    {"mappings", mappings},
    {"threads", threads},
    {"recursion", recursion},
    {"random-code", random_code},
    {"hypercalls", hypercalls},
    {"overwrite", overwrite},
    {"plant", plant},
    {"find", find},
    {"keep", keep},
    {"right", right},
};

int main(int count, char **arguments) {
  state = count > 2 ? strtoull(arguments[2], NULL, 0) * 0x9e3779b97f4a7c15 + 1 : 1;
  for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
    if (count > 1 && strcmp(arguments[1], attacks[i].name) == 0) attacks[i].run();
  }
  return 0;
}
