// Plain C with its C library, compiled to its own virtine image.
#include <colony/virtine.h>
#include <stdlib.h>

void nothing(void) {}
COLONY_EXPORT(void, nothing);

// Returns the most steps that a number below the limit takes to reach 1.
long collatz(long limit) {
  long best = 0;
  for (long start = 1; start < limit; start++) {
    long steps = 0;
    for (long n = start; n != 1; n = n % 2 ? 3 * n + 1 : n / 2) steps++;
    if (steps > best) best = steps;
  }
  return best;
}
COLONY_EXPORT(long, collatz, long);

// Reads outside of its memory.
int peek(long distance) {
  volatile char *own = malloc(16);
  return own[distance];
}
COLONY_EXPORT(int, peek, long);
