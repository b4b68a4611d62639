#define _GNU_SOURCE
#include "jail.h"

#include "filters.generated.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

// The layout of linux/filter.h and linux/seccomp.h.
struct filter_program {
  unsigned short length;
  const uint64_t *instructions;
};
enum { MODE_FILTER = 2 };

#define COUNT(array) (unsigned short)(sizeof(array) / sizeof *(array))

static struct filter_program find(const char *name) {
  if (strcmp(name, "node") == 0) return (struct filter_program){COUNT(filter_node), filter_node};
  if (strcmp(name, "zygote") == 0) return (struct filter_program){COUNT(filter_zygote), filter_zygote};
  die("no filter:", name, EINVAL);
}

void apply_filter(const struct options *options, struct report *report) {
  const char *name = option(options, "filter");
  if (name == NULL) die("which filter?", "", EINVAL);
  struct filter_program program = find(name);
  if (prctl(PR_SET_SECCOMP, MODE_FILTER, &program) != 0) {
    if (errno != EINVAL && errno != ENOSYS) die("the seccomp filter", name, errno);
    report_number(report, "seccomp", 0);
    return;
  }
  report_number(report, "seccomp", (uint64_t)prctl(PR_GET_SECCOMP));
}
