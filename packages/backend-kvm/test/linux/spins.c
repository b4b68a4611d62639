// Threads that make no system call while they work, so only the host's ticks give the others their turn. Each keeps its
// registers, its flags and its red zone.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>

enum { THREADS = 3, PASSES = 12 };
static volatile int baton;
static volatile sig_atomic_t handled, ready;

// Holds one value in many places for a while: how many of them lost it.
static long hold(uint64_t value, uint64_t rounds) {
  long lost;
  asm volatile(
      "subq $512, %%rsp\n\t"
      "xorl %%eax, %%eax\n\t"
      "movq %[value], %%r8\n\t"
      "movq %[value], %%r9\n\t"
      "movq %[value], %%r14\n\t"
      "movq %[value], %%r15\n\t"
      "movq %[value], %%xmm0\n\t"
      "movq %[value], %%xmm15\n\t"
      "movq %[value], -8(%%rsp)\n\t"
      "movq %[value], -128(%%rsp)\n\t"
      "stc\n"
      "1:\n\t"
      "decq %[rounds]\n\t"  // keeps the carry flag
      "jnz 1b\n\t"
      "setnc %%al\n\t"
      "xorq %[value], %%r8\n\t"
      "xorq %[value], %%r9\n\t"
      "xorq %[value], %%r14\n\t"
      "xorq %[value], %%r15\n\t"
      "orq %%r8, %%rax\n\t"
      "orq %%r9, %%rax\n\t"
      "orq %%r14, %%rax\n\t"
      "orq %%r15, %%rax\n\t"
      "movq %%xmm0, %%r8\n\t"
      "movq %%xmm15, %%r9\n\t"
      "xorq %[value], %%r8\n\t"
      "xorq %[value], %%r9\n\t"
      "orq %%r8, %%rax\n\t"
      "orq %%r9, %%rax\n\t"
      "movq -8(%%rsp), %%r8\n\t"
      "movq -128(%%rsp), %%r9\n\t"
      "xorq %[value], %%r8\n\t"
      "xorq %[value], %%r9\n\t"
      "orq %%r8, %%rax\n\t"
      "orq %%r9, %%rax\n\t"
      "addq $512, %%rsp"
      : "=&a"(lost), [rounds] "+r"(rounds)
      : [value] "r"(value)
      : "r8", "r9", "r14", "r15", "xmm0", "xmm15", "cc", "memory");
  return lost;
}

static void *pass_on(void *argument) {
  const int own = (int)(intptr_t)argument;
  long lost = 0;
  for (int next = own; next < PASSES; next += THREADS) {
    while (baton != next) lost |= hold(0x0123456789abcdef * (uint64_t)(own + 1), 10000);
    baton = next + 1;
  }
  return (void *)lost;
}

static void handle(int number) { handled = number; }

static void *wait_for_signal(void *argument) {
  (void)argument;
  ready = 1;
  while (handled == 0) continue;
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS], waiter;
  for (intptr_t i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], NULL, pass_on, (void *)i) != 0) return 1;
  while (baton < PASSES) continue;
  for (int i = 0; i < THREADS; i++) {
    void *lost;
    pthread_join(threads[i], &lost);
    printf("thread %d lost %ld\n", i, (long)(intptr_t)lost);
  }
  signal(SIGUSR1, handle);
  pthread_create(&waiter, NULL, wait_for_signal, NULL);
  while (!ready) continue;
  pthread_kill(waiter, SIGUSR1);
  pthread_join(waiter, NULL);
  printf("baton %d, signal %d\n", baton, (int)handled);
  return 0;
}
