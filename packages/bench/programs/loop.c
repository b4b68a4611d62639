// Never ends by itself.
#include <colony/virtine.h>

void loop(void) {
  for (;;) __asm__ volatile("");
}
COLONY_EXPORT(void, loop);
