// Compute kernels. The code is the same for guest and host, so different times come from the machine under them.
#ifndef COLONY_PROBES_KERNELS_H
#define COLONY_PROBES_KERNELS_H

#include <stdint.h>

static inline int64_t kernel_fib(int32_t n) {
  int64_t a = 0, b = 1;
  for (int32_t i = 0; i < n; i++) {
    int64_t c = (int64_t)((uint64_t)a + (uint64_t)b);
    a = b;
    b = c;
  }
  return a;
}

// Recursive, not inlined away: calls and branches.
__attribute__((noinline, unused)) static int32_t kernel_calls(int32_t n) {
  __asm__ volatile("" : "+r"(n));
  return n < 2 ? n : kernel_calls(n - 1) + kernel_calls(n - 2);
}

// Integer arithmetic in registers: a linear congruential generator with mixing.
static inline uint64_t kernel_integer(uint64_t rounds) {
  uint64_t state = 0x9e3779b97f4a7c15, sum = 0;
  for (uint64_t i = 0; i < rounds; i++) {
    state = state * 6364136223846793005 + 1442695040888963407;
    sum ^= (state >> 29) * 0x2545f4914f6cdd1d;
  }
  return sum;
}

// Floating point with a dependency chain: a logistic map.
static inline double kernel_floating(uint64_t rounds) {
  double x = 0.3, sum = 0;
  for (uint64_t i = 0; i < rounds; i++) {
    x = 3.99 * x * (1 - x);
    sum += x / (1 + sum * 1e-9);
  }
  return sum;
}

// Memory: sieve of Eratosthenes over a caller's buffer.
static inline uint32_t kernel_sieve(uint8_t *composite, uint32_t size) {
  uint32_t primes = 0;
  for (uint32_t i = 0; i < size; i++) composite[i] = 0;
  for (uint32_t i = 2; i < size; i++) {
    if (composite[i]) continue;
    primes++;
    for (uint64_t j = (uint64_t)i * i; j < size; j += i) composite[j] = 1;
  }
  return primes;
}

#endif
