// The jail: a small static program through which every guest's process comes.
//
//   host -> jail enter   -> bwrap -> jail confine -> program
//           own session,    empty    Landlock, limits,
//           cgroup, no      root,    no privileges, no descriptors,
//           root user       name-    seccomp; says what holds
//                           spaces
//
// Without bubblewrap `enter` becomes `confine` at once: then namespaces and the empty root are missing, and the host
// says so.
#ifndef COLONY_JAIL_H
#define COLONY_JAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The host's end of this is all that a jailed program can talk to.
enum { CHANNEL = 3 };

// `name=value` words before `--`, then the program and its arguments.
struct options {
  char **words;
  int count;
  char **program;  // with its arguments; ends with NULL
};

// Value of the next option of this name, from *index on; NULL if there is none.
const char *option_next(const struct options *options, const char *name, int *index);
// The first one's; NULL if there is none.
const char *option(const struct options *options, const char *name);
// Its natural number; `otherwise` where the option is absent. Ends the jail if it is no number.
uint64_t option_number(const struct options *options, const char *name, uint64_t otherwise);

// Ends the jail with a line on stderr: what failed, and why (0: no reason of the system's).
_Noreturn void die(const char *what, const char *detail, int error);

int enter(const struct options *options);
int confine(const struct options *options);

// What confine found to hold, in lines `name=value` for the host.
struct report {
  char text[4096];
  size_t length;
};
void report_text(struct report *report, const char *name, const char *value);
void report_number(struct report *report, const char *name, uint64_t value);
// Writes it to the channel behind its length, 32 bits, little endian.
void report_send(const struct report *report);

// Each does its part as far as it can here, and reports what then holds.
void close_descriptors(struct report *report);
void look_at_root(const struct options *options, struct report *report);
void set_limits(const struct options *options, struct report *report);
void drop_privileges(struct report *report);
void apply_landlock(const struct options *options, struct report *report);
// The filter is in place afterwards: only what it allows works.
void apply_filter(const struct options *options, struct report *report);

#endif
