// Clocks, for the files of this room.
#ifndef COLONY_LINUX_CLOCK_H
#define COLONY_LINUX_CLOCK_H

#include "../kernel.h"

static const uint64_t SECOND = 1000000000, MILLISECOND = 1000000, MICROSECOND = 1000;

// Processor time of the call: it has the processor alone.
uint64_t clock_used(void);
// Clocks by the numbers of clock_gettime.
bool clock_valid(uint64_t id);
uint64_t clock_read(uint64_t id);

#endif
