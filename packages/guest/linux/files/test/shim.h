// Plays the host and the other rooms of the library OS: the host's files are those below a directory of this machine.
#ifndef COLONY_LINUX_FILES_SHIM_H
#define COLONY_LINUX_FILES_SHIM_H

#include "../files.h"

// The directory below which the host's paths begin, for each store.
extern const char *shim_roots[2];
// How often the room asked the host, and how long it slept.
extern struct shim_counts {
  int looks, reads, lists, writes;
  uint64_t slept;
} shim_counts;

#endif
