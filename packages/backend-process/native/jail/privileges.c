#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// From linux/capability.h, which a static build without the kernel's headers lacks.
enum { CAPABILITY_VERSION = 0x20080522, LAST_CAPABILITY = 63 };
struct capability_header {
  uint32_t version;
  int process;
};
struct capability_sets {
  uint32_t effective, permitted, inheritable;
};

static void drop_capabilities(struct report *report) {
  // Changing the bounding set needs a capability. Without it, and with no_new_privs, the set grants nothing.
  for (unsigned long number = 0; number <= LAST_CAPABILITY; number++) prctl(PR_CAPBSET_DROP, number, 0, 0, 0);
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  struct capability_header header = {CAPABILITY_VERSION, 0};
  struct capability_sets sets[2] = {{0, 0, 0}, {0, 0, 0}};
  if (syscall(SYS_capset, &header, sets) != 0) die("dropping capabilities", "", errno);
  if (syscall(SYS_capget, &header, sets) != 0) die("reading capabilities", "", errno);
  uint64_t left = 0;
  for (int i = 0; i < 2; i++) left |= sets[i].effective | sets[i].permitted | sets[i].inheritable;
  for (unsigned long number = 0; number <= LAST_CAPABILITY; number++) {
    left |= prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, number, 0, 0) == 1;
  }
  report_number(report, "capabilities", left);
}

void drop_privileges(struct report *report) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) die("PR_SET_NO_NEW_PRIVS", "", errno);
  report_number(report, "no-new-privileges", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  drop_capabilities(report);
  // No process of the same user may inspect it until the program runs; the kernel then sets the flag again.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) die("PR_SET_DUMPABLE", "", errno);
}
