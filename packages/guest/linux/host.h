// The library OS's requests to the host. Each function is one hypercall, and returns 0 or more, or a negative error's number.
#ifndef COLONY_LINUX_HOST_H
#define COLONY_LINUX_HOST_H

#include "kernel.h"

enum host_kind { HOST_FILE, HOST_DIRECTORY, HOST_LINK };

// Who decides about a path: the program's read-only set, or the policy's granted directories.
enum host_store { HOST_SET, HOST_GRANTED };

struct host_entry {
  enum host_kind kind;
  uint64_t size;         // bytes
  uint32_t permissions;  // 0 to 07777
  int64_t modified;      // milliseconds since 1970
  // In the set the path without links; for a link that was not followed its target.
  char path[LONGEST_PATH];
};

// Makes a hypercall. The reply stays until the next one.
struct bytes host_exchange(struct bytes request);

// Finds a file. `path` is absolute and normalized. The host follows links within the set, and none in granted directories.
int64_t host_look(enum host_store store, const char *path, bool follow, struct host_entry *entry);

// Reads up to `length` bytes at `offset`; fewer only at the end of the file. `path` is one that host_look gave.
int64_t host_read(enum host_store store, const char *path, uint64_t offset, void *to, uint64_t length);

// Passes each entry of a directory to `visit`, sorted by name, without "." and "..".
typedef void host_visit(void *context, const char *name, size_t length, enum host_kind kind);
int64_t host_list(enum host_store store, const char *path, host_visit *visit, void *context);

// Replaces the content of a granted file, or creates it.
int64_t host_write(const char *path, const void *from, uint64_t length);

// Nothing can run: the host waits so long.
void host_idle(uint64_t nanoseconds);

// The host's decisions for one call, asked once at its start.
enum { HOST_MOST_ROOTS = 64 };
struct host_root {
  char *path;  // a directory or a file, absolute and normalized
  enum host_store store;
  bool file;      // not a directory
  bool writable;  // of granted directories
};
struct host_facts {
  uint8_t seed[32];
  bool seeded;        // the policy grants randomness; else the processor's is used
  bool clock;         // the policy grants the time of day
  bool clock_fixed;   // `now` does not move
  int64_t now;        // milliseconds since 1970, if `clock`
  size_t root_count;  // places where the host has files: everything else is memory
  struct host_root roots[HOST_MOST_ROOTS];
};
void host_facts(struct host_facts *facts);

// Reports how often programs made each system call that the library OS does not have, if they made any.
void host_report_unsupported(const uint32_t *counts, size_t numbers);

// The address of the last page fault.
uint64_t host_fault_address(void);

#endif
