// The decisions of the host about a call.
#ifndef COLONY_LINUX_FACTS_H
#define COLONY_LINUX_FACTS_H

#include "host.h"

extern struct host_facts call_facts;

// Begins the room with the frequency of the processor's counter, which is in the system pages: a snapshot may go on at another
// machine.
void facts_begin(const uint64_t *frequency);
// A call begins: asks the host at once. Clocks and randomness begin again.
void facts_start(void);
// A call begins in a program that goes on since the time `monotonic`: asks when the program needs it, because a hypercall costs
// as much as a short call.
void facts_start_later(uint64_t monotonic);

#endif
