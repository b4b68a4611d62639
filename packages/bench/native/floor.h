// The floors: the least that the machine itself charges for a piece of work. Plain C on raw ioctls.
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

// A floor that cannot be measured is invalid: print the reason and stop.
#define DIE(...) (fprintf(stderr, "floor: " __VA_ARGS__), fputc('\n', stderr), exit(1))
#define CHECK(condition, what) ((condition) ? (void)0 : (perror("floor: " what), exit(1)))

struct subject {
  const char *name;
  // One sample: nanoseconds of one operation. Set-up and tear-down are outside its timer.
  double (*sample)(uint64_t argument);
  uint64_t argument;
};

extern const struct subject kvm_subjects[];  // terminated by a NULL name
extern const struct subject host_subjects[];
extern const struct subject kernel_subjects[];
extern const struct subject boot_subjects[];

// Subjects for any number up to `argument`, which follows a dot: c.hotset.12. They are not listed.
extern const struct subject kvm_families[];
extern const struct subject host_families[];
extern const struct subject work_families[];
extern const struct subject environment_families[];

// The path of a file that was built beside this program: the program's path, a hyphen, and the name. Valid until the
// next call.
const char *file_beside(const char *name);

#endif
