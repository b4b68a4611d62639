// A test is a function. A failed check prints its place and stops. Random inputs print their seed.
#ifndef COLONY_TEST_CHECK_H
#define COLONY_TEST_CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CHECK(x)                                                                  \
  do {                                                                            \
    if (!(x)) {                                                                   \
      fprintf(stderr, "%s:%d: failed: %s (seed %lu)\n", __FILE__, __LINE__, #x, test_seed); \
      exit(1);                                                                    \
    }                                                                             \
  } while (0)

static unsigned long test_seed;
static uint64_t random_state;

// SEED=... repeats a run.
static inline void seed_tests(void) {
  const char *given = getenv("SEED");
  test_seed = given != NULL ? strtoul(given, NULL, 10) : (unsigned long)time(NULL);
  random_state = test_seed * 2 + 1;
}

static inline uint64_t random_number(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * 0x2545f4914f6cdd1d;
}

static inline uint64_t random_below(uint64_t bound) { return (random_number() >> 11) % bound; }

#endif
