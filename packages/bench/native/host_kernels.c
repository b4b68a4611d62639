// The compute kernels without a machine.
#include "floor.h"
#include "kernels.h"

static volatile uint64_t integer_result;
static volatile double floating_result;

static double integer(uint64_t rounds) {
  __asm__ volatile("" : "+r"(rounds));
  const uint64_t start = now_ns();
  integer_result = kernel_integer(rounds);
  return (double)(now_ns() - start);
}

static double floating(uint64_t rounds) {
  __asm__ volatile("" : "+r"(rounds));
  const uint64_t start = now_ns();
  floating_result = kernel_floating(rounds);
  return (double)(now_ns() - start);
}

// src/suites/floor/native.ts has the same numbers of rounds.
const struct subject kernel_subjects[] = {
    {"c.compute.int", integer, 20000000},
    {"c.compute.float", floating, 4000000},
    {NULL, NULL, 0},
};
