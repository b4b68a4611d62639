// A guest of a given size that writes as many pages as it is told. BALLAST bytes are filled before the first call, so
// that they are part of the snapshot and not of what a call writes.
#include <colony/virtine.h>

#ifndef BALLAST
#define BALLAST 0
#endif
#ifndef MOST
#define MOST 256
#endif
enum { PAGE = 4096 };

static uint8_t ballast[BALLAST + PAGE] __attribute__((aligned(PAGE)));
static uint8_t pages[MOST * PAGE] __attribute__((aligned(PAGE)));

__attribute__((constructor)) static void fill(void) {
  for (uint32_t at = 0; at < BALLAST; at += PAGE) ballast[at] = 0x5a;
  for (uint32_t at = 0; at < sizeof pages; at += PAGE) pages[at] = 0x5a;
}

int dirty(int count) {
  for (int i = 0; i < count && i < MOST; i++) ((volatile uint8_t *)pages)[i * PAGE] = 1;
  return ballast[BALLAST / 2];
}
COLONY_EXPORT(int, dirty, int);
