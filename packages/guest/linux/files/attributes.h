#ifndef COLONY_LINUX_ATTRIBUTES_H
#define COLONY_LINUX_ATTRIBUTES_H

#include <stdint.h>

// The permissions that new files do not get.
uint32_t current_mask(void);
void reset_mask(void);

#endif
