#include "kernels.h"

#include <colony/virtine.h>

#include <string.h>

int64_t loop_fib(int32_t n) { return kernel_fib(n); }
COLONY_EXPORT(int64_t, loop_fib, int32_t);

int32_t calls(int32_t n) { return kernel_calls(n); }
COLONY_EXPORT(int32_t, calls, int32_t);

uint64_t integer(uint64_t rounds) { return kernel_integer(rounds); }
COLONY_EXPORT(uint64_t, integer, uint64_t);

double floating(uint64_t rounds) { return kernel_floating(rounds); }
COLONY_EXPORT(double, floating, uint64_t);

static uint8_t composite[1 << 20];
uint32_t sieve(uint32_t size) { return kernel_sieve(composite, size < sizeof composite ? size : sizeof composite); }
COLONY_EXPORT(uint32_t, sieve, uint32_t);

// Sum of little-endian doubles.
double sum_doubles(colony_bytes values) {
  double sum = 0;
  for (size_t i = 0; i + sizeof(double) <= values.len; i += sizeof(double)) {
    double value;
    memcpy(&value, values.data + i, sizeof value);
    sum += value;
  }
  return sum;
}
COLONY_EXPORT(double, sum_doubles, colony_bytes);
