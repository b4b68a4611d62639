// The floors: what the machine itself charges for the least that the job can be done with. Plain C on raw ioctls.
#ifndef COLONY_BENCH_FLOOR_H
#define COLONY_BENCH_FLOOR_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// A floor that cannot be measured is no floor: say why and stop.
#define DIE(...) (fprintf(stderr, "floor: " __VA_ARGS__), fputc('\n', stderr), exit(1))
#define CHECK(condition, what) ((condition) ? (void)0 : (perror("floor: " what), exit(1)))

struct subject {
  const char *name;
  // One sample: nanoseconds of one operation. Set-up and tear-down are its own business, outside its timer.
  double (*sample)(uint64_t argument);
  uint64_t argument;
};

extern const struct subject kvm_subjects[];   // ended by a name of NULL
extern const struct subject host_subjects[];
extern const struct subject kernel_subjects[];
extern const struct subject boot_subjects[];

// Subjects for any number up to `argument`, which stands behind a dot: c.hotset.12. They are not listed.
extern const struct subject kvm_families[];
extern const struct subject host_families[];
extern const struct subject work_families[];
extern const struct subject environment_families[];

// The path of what was built beside this program: its own, a hyphen, and the name. Good until the next call.
const char *file_beside(const char *name);

#endif
