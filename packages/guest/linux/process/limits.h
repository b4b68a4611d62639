#ifndef COLONY_LINUX_LIMITS_H
#define COLONY_LINUX_LIMITS_H

#include "../kernel.h"

enum { MOST_DESCRIPTORS = 1024 };

// Each program begins with the usual limits, and the stack that it was given.
void limits_begin(uint64_t stack);

#endif
