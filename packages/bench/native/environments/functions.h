// The functions of every environment, from the same source: one of these is in an image, all are on the host, which
// thereby knows the expected result. Each takes a number and returns one of 32 bits.
#ifndef COLONY_BENCH_FUNCTIONS_H
#define COLONY_BENCH_FUNCTIONS_H

#include <stdint.h>

#define FIB 1
#define SHA256 2
#define TOUCH 3
#define FOLD 4

#ifndef FUNCTION
#define HAS(function) 1
#else
#define HAS(function) (FUNCTION == function)
#endif

#if HAS(FIB)
#include "../../programs/fib.h"
static inline uint32_t run_fib(uint32_t n) { return (uint32_t)fib((int)n); }
#endif

#if HAS(SHA256)
#include "../../programs/sha256.h"
// Hashes this many zeros, at most 1 KiB.
static inline uint32_t run_sha256(uint32_t bytes) {
  static const uint8_t zeros[1024];
  uint8_t digest[SHA256_BYTES];
  sha256(zeros, bytes, digest);
  return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 | digest[3];
}
#endif

#if HAS(TOUCH)
// Writes and reads a byte in each of this many pages, at most 256: a function that needs 1 MiB.
static inline uint32_t run_touch(uint32_t count) {
  static volatile uint8_t pages[256][4096];
  uint32_t sum = 0;
  for (uint32_t i = 0; i < count; ++i) {
    pages[i][i % 16] = (uint8_t)(i + 1);
    sum += pages[i][i % 16];
  }
  return sum;
}
#endif

#if HAS(FOLD)
// The core of many fast hash functions: both halves of a product of 64 by 64 bits, a type that only 64-bit code has.
static inline uint32_t run_fold(uint32_t rounds) {
  uint64_t state = 0x9e3779b97f4a7c15;
  for (uint32_t i = 0; i < rounds; ++i) {
    const unsigned __int128 product = (unsigned __int128)(state ^ i) * 0xa0761d6478bd642f;
    state = (uint64_t)(product >> 64) ^ (uint64_t)product;
  }
  return (uint32_t)state;
}
#endif

#endif
