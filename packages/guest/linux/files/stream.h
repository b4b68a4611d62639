// Descriptors 0, 1 and 2 at the start of a program.
#ifndef COLONY_LINUX_STREAM_H
#define COLONY_LINUX_STREAM_H

#include "files.h"

void stream_start(const uint8_t *bytes, size_t length);

#endif
