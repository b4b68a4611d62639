// The jail: a small static program that starts every guest's process.
//
//   host -> jail enter   -> bwrap -> jail confine -> program
//           own session,    empty    Landlock, limits,
//           cgroup, no      root,    no privileges, no descriptors,
//           root user       name-    seccomp; reports the result
//                           spaces
//
// Without bubblewrap `enter` becomes `confine` at once. Then namespaces and the empty root are missing, and the host
// reports it.
#ifndef COLONY_JAIL_H
#define COLONY_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A jailed program can communicate only with the host's end of this descriptor.
enum { CHANNEL = 3 };

// `name=value` words before `--`, then the program and its arguments.
struct options {
  char **words;
  int count;
  char **program;  // with its arguments; ends with NULL
};

// Value of the next option of this name, from *index on; NULL if the option is absent.
const char *option_next(const struct options *options, const char *name, int *index);
// Value of the first option of this name; NULL if the option is absent.
const char *option(const struct options *options, const char *name);
// Value of an option as a natural number; `otherwise` if the option is absent. Ends the jail for an invalid number.
uint64_t option_number(const struct options *options, const char *name, uint64_t otherwise);

// Ends the jail with a line on stderr: the failed step, and the reason (0: not a system error).
_Noreturn void die(const char *what, const char *detail, int error);

int enter(const struct options *options);
int confine(const struct options *options);

// The restrictions that confine applied, in lines `name=value` for the host.
struct report {
  char text[4096];
  size_t length;
};
void report_text(struct report *report, const char *name, const char *value);
void report_number(struct report *report, const char *name, uint64_t value);
// Writes the report to the channel after its length, 32 bits, little endian.
void report_send(const struct report *report);

// Each applies its part as far as possible here, and reports the result.
void close_descriptors(struct report *report);
void look_at_root(const struct options *options, struct report *report);
void set_limits(const struct options *options, struct report *report);
void drop_privileges(struct report *report);
void apply_landlock(const struct options *options, struct report *report);
// Afterwards the filter is active: only system calls that it allows work.
void apply_filter(const struct options *options, struct report *report);

#endif
