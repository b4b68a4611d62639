// KVM's costs: enter, reset, create, destroy.
#define _GNU_SOURCE
#include <string.h>
#include <unistd.h>

#include "floor.h"
#include "machine.h"

static struct machine *open_machine(struct machine *m) {
  if (m->run != NULL) return m;
  machine_world();
  machine_open(m);
  machine_enter(m, 0);
  return m;
}

// Enter, one exit, registers in and out. Nothing is reset: no isolated call can cost less.
static double entry(uint64_t unused) {
  static struct machine machine;
  struct machine *m = open_machine(&machine);
  (void)unused;
  const uint64_t start = now_ns();
  machine_enter(m, 0);
  return (double)(now_ns() - start);
}

// One more exit and entry within a run: the minimum of a hypercall.
static double hypercall(uint64_t times) {
  static struct machine machine;
  struct machine *m = open_machine(&machine);
  const uint64_t start = now_ns();
  for (uint64_t i = 0; i < times; ++i) machine_enter(m, 0);
  return (double)(now_ns() - start) / (double)times;
}

// A run with this many of them, and its entry.
static double hypercalls(uint64_t times) { return hypercall(times + 1) * (double)(times + 1); }

// The pages that may have been written are known: copies them back, and checks in the log that no others were. The log
// may contain unwritten page tables: with nested paging the processor requests write access whenever it reads one (AMD
// APM vol. 2, 15.25.6; Intel SDM vol. 3C, 29.3.3.2). The guest cannot reach them.
static void reset_hot(struct machine *m, uint64_t pages, uint64_t log[LOG_WORDS]) {
  machine_dirty(m, log);
  const uint64_t first = DATA / PAGE, end = first + pages;
  for (uint64_t word = 0; word < LOG_WORDS; ++word) {
    for (uint64_t bits = log[word]; bits != 0; bits &= bits - 1) {
      const uint64_t page = word * 64 + (uint64_t)__builtin_ctzll(bits);
      if (page < SYSTEM / PAGE) continue;
      if (page < first || page >= end) DIE("page %lu was written, which the guest does not write", page);
    }
  }
  memcpy(m->memory + DATA, machine_image() + DATA, pages * PAGE);
}

// The cheapest fresh call: the guest writes `pages` pages; the log is read, the pages are copied back, and none is
// protected again. Each number of pages has its own machine, because a page once written stays in the log.
static double hotset(uint64_t pages) {
  static struct machine machines[DATA_PAGES + 1];
  static uint64_t log[LOG_WORDS];
  struct machine *m = open_machine(&machines[pages]);
  const uint64_t start = now_ns();
  machine_enter(m, pages);
  reset_hot(m, pages, log);
  const double took = (double)(now_ns() - start);
  if (memcmp(m->memory + DATA, machine_image() + DATA, pages * PAGE) != 0) DIE("the reset left something");
  return took;
}

// The reset alone.
static double reset(uint64_t pages) {
  static struct machine machines[DATA_PAGES + 1];
  static uint64_t log[LOG_WORDS];
  struct machine *m = open_machine(&machines[pages]);
  machine_enter(m, pages);
  const uint64_t start = now_ns();
  reset_hot(m, pages, log);
  return (double)(now_ns() - start);
}

// Waits until the kernel has destroyed the last machine, because the next sample must not pay for it.
static void rest(void) { usleep(5000); }

// A machine from its creation to its first exit.
static double cold(uint64_t unused) {
  struct machine m;
  (void)unused;
  machine_world();
  const uint64_t start = now_ns();
  machine_open(&m);
  machine_enter(&m, 0);
  const double took = (double)(now_ns() - start);
  machine_close(&m);
  rest();
  return took;
}

static double teardown(uint64_t unused) {
  struct machine m;
  (void)unused;
  machine_world();
  machine_open(&m);
  machine_enter(&m, 0);
  const uint64_t start = now_ns();
  machine_close(&m);
  const double took = (double)(now_ns() - start);
  rest();
  return took;
}

const struct subject kvm_subjects[] = {
    {"c.entry", entry, 0},        {"c.hypercall", hypercall, 10},
    {"c.hotset16", hotset, 16},   {"c.hotset64", hotset, 64},
    {"c.hotset256", hotset, 256}, {"c.reset16", reset, 16},
    {"c.reset256", reset, 256},   {"c.cold", cold, 0},
    {"c.teardown", teardown, 0},  {NULL, NULL, 0},
};
const struct subject kvm_families[] = {
    {"c.hotset", hotset, DATA_PAGES},
    {"c.reset", reset, DATA_PAGES},
    {"c.hypercalls", hypercalls, 1000000},
    {NULL, NULL, 0},
};
