// Plays the host and the other rooms of the library OS: the host's files are those below a directory of this machine.
#ifndef COLONY_LINUX_FILES_SHIM_H
#define COLONY_LINUX_FILES_SHIM_H

#include "../files.h"

// The directory below which the host's paths begin, for each store.
extern const char *shim_roots[2];
// How often the room asked the host.
extern struct shim_counts {
  int looks, reads, lists, writes;
} shim_counts;

// Nanoseconds of clock_monotonic: it moves only when a wait ends at its moment, or by a test.
extern uint64_t shim_now;
// Another thread does this during the next wait, once. The wait ends as that thread wakes it, or goes on.
extern void (*shim_other_thread)(void);
// A signal arrived that a wait ends with; the signals that the room sent; the mask of the present wait (0: none).
extern bool shim_interrupted;
extern uint64_t shim_sent, shim_mask;

// The granted directories of a call that begins without them, or NULL.
extern const struct host_facts *shim_late;

#endif
