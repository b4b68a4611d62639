// A function with only the entry and exit of entry.S around it.
#include "functions.h"

#define NAMED_(name, argument) run_##name(argument)
#define NAMED(name, argument) NAMED_(name, argument)

uint32_t run(uint32_t argument) { return NAMED(NAME, argument); }

// A compiler may call this for a loop or an initial value, in freestanding code, too.
__attribute__((optimize("no-tree-loop-distribute-patterns"))) void *memset(void *to, int byte, __SIZE_TYPE__ count) {
  for (__SIZE_TYPE__ i = 0; i < count; ++i) ((uint8_t *)to)[i] = (uint8_t)byte;
  return to;
}
