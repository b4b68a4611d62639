// Runs a virtine image in the harness's own process, at its own addresses, without KVM. The guest runs until its `out`
// traps (it is privileged here too). The signal handler then switches to the harness, and back.
#ifndef COLONY_HARNESS_GUEST_H
#define COLONY_HARNESS_GUEST_H

#include "colony/abi.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

struct region {
  uintptr_t address;
  size_t size;
  int prot;
};

#define MAX_REGIONS 8

// The image segments, the stack, the system page and the heap, in this order.
struct guest {
  struct region regions[MAX_REGIONS];
  size_t region_count;
  struct region *stack, *system, *heap;
  size_t heap_limit;
  uintptr_t entry, resume;
  gregset_t registers;
};

enum guest_exit { GUEST_HYPERCALL, GUEST_FAULT };

struct fault {
  int signal;
  uintptr_t address, rip;
};

// Maps the image. For a bad image, prints the reason on stderr and exits.
void guest_load(struct guest *guest, const char *path, size_t heap_limit);

// Installs the signal handlers. Call it once, before the first guest_run.
void guest_install(struct guest *guest);

// Runs from guest->registers until the guest leaves.
enum guest_exit guest_run(struct guest *guest, struct fault *fault);

// Answers the hypercall that guest_run returned with.
void guest_answer(struct guest *guest, uint64_t status, uint64_t length);

// True if the guest may read (or write) all of these bytes, within one region.
bool guest_allows(const struct guest *guest, uintptr_t at, size_t length, int prot);

// Sets the heap's size, growing (zero pages) or shrinking.
void guest_resize_heap(struct guest *guest, size_t size);

#endif
