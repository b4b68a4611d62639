// The C workloads without isolation. programs/work.c is the same for guests.
#include "../programs/aes.h"
#include "../programs/fib.h"
#include "../programs/sha256.h"
#include "floor.h"

static volatile uint64_t fibonacci_result;

static double fibonacci(uint64_t n) {
  uint64_t calls = 1, last = 1;  // how many calls fib(n) makes
  for (uint64_t i = 2; i <= n; ++i) {
    const uint64_t next = calls + last + 1;
    last = calls, calls = next;
  }
  const uint64_t batch = calls >= 4096 ? 1 : 4096 / calls;
  const uint64_t start = now_ns();
  for (uint64_t i = 0; i < batch; ++i) {
    __asm__ volatile("" : "+r"(n));
    fibonacci_result = fib((int)n);
  }
  return (double)(now_ns() - start) / (double)batch;
}

enum { MOST = 1 << 20 };
static uint8_t input[MOST], output[MOST];

static double aes(uint64_t bytes) {
  if (aes_table[0] == 0) aes_prepare();
  const uint64_t start = now_ns();
  aes_cbc(input, input + AES_BLOCK, input, output, bytes - bytes % AES_BLOCK);
  __asm__ volatile("" : : "r"(output) : "memory");
  return (double)(now_ns() - start);
}

static double sha(uint64_t bytes) {
  const uint64_t start = now_ns();
  sha256(input, bytes, output);
  __asm__ volatile("" : : "r"(output) : "memory");
  return (double)(now_ns() - start);
}

const struct subject work_families[] = {
    {"c.fib", fibonacci, 40}, {"c.aes128cbc", aes, MOST}, {"c.sha256", sha, MOST}, {NULL, NULL, 0}};
