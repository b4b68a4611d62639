// The recursion that all of `work` counts with. The host and every guest compile this one.
#ifndef COLONY_BENCH_FIB_H
#define COLONY_BENCH_FIB_H

#include <stdint.h>

__attribute__((noinline)) static uint64_t fib(int n) { return n < 2 ? (uint64_t)n : fib(n - 1) + fib(n - 2); }

#endif
