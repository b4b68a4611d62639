// A program whose state has SIZE bytes, written before the first call: what a start has to bring.
#include <colony/virtine.h>

static volatile uint8_t image[SIZE];

__attribute__((constructor)) static void fill(void) {
  for (uint32_t at = 0; at < SIZE; at++) image[at] = (uint8_t)(at * 7 + 1);
}

void nothing(void) {}
COLONY_EXPORT(void, nothing);

// For tests: is all of it there?
int intact(void) {
  int found = 0;
  for (uint32_t at = 0; at < SIZE; at++) found += image[at] == (uint8_t)(at * 7 + 1);
  return found;
}
COLONY_EXPORT(int, intact);
