// The channel of a program that serves calls: descriptor 3 for calls, 4 for hypercalls.
//
// A read of 3 sends what was written there, the result of a call, and gets the next call. A read of 4 sends what was written
// there, a hypercall, and gets its reply. A message ends with the first read that does not fill its buffer.
#ifndef COLONY_LINUX_CHANNEL_H
#define COLONY_LINUX_CHANNEL_H

#include "files.h"

// Sends a message and waits for the next one, whose bytes stay until the next exchange.
typedef struct bytes channel_exchange(struct bytes message);

void channel_start(channel_exchange *calls, channel_exchange *hypercalls);

#endif
