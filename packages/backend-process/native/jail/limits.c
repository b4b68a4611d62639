#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <sys/resource.h>

struct limit {
  const char *name;
  int resource;
  bool always;  // with `otherwise` if the host names no value
  rlim_t otherwise;
};

static const struct limit limits[] = {
    {"core", RLIMIT_CORE, true, 0},
    {"file-size", RLIMIT_FSIZE, true, 0},
    {"locked-memory", RLIMIT_MEMLOCK, true, 0},
    {"message-queues", RLIMIT_MSGQUEUE, true, 0},
    {"priority", RLIMIT_NICE, true, 0},
    {"real-time-priority", RLIMIT_RTPRIO, true, 0},
    {"files", RLIMIT_NOFILE, true, 64},
    {"signals", RLIMIT_SIGPENDING, false, 0},
    {"stack", RLIMIT_STACK, false, 0},
    {"data", RLIMIT_DATA, false, 0},
    {"address-space", RLIMIT_AS, false, 0},
    {"cpu", RLIMIT_CPU, false, 0},
    {"processes", RLIMIT_NPROC, false, 0},
};

// Sets hard and soft limit, never above the former one. Then reads them back, so that the host gets the actual limits.
static void set_limit(const struct limit *limit, rlim_t wanted, struct report *report) {
  struct rlimit now;
  if (getrlimit(limit->resource, &now) != 0) die("reading the limit", limit->name, errno);
  rlim_t value = wanted < now.rlim_max ? wanted : now.rlim_max;
  struct rlimit next = {value, value};
  if (setrlimit(limit->resource, &next) != 0) die("setting the limit", limit->name, errno);
  if (getrlimit(limit->resource, &now) != 0) die("reading the limit", limit->name, errno);
  char name[64] = "limit-";
  size_t length = 6;
  for (const char *at = limit->name; *at != 0; at++) name[length++] = *at;
  name[length] = 0;
  report_number(report, name, now.rlim_max);
}

void set_limits(const struct options *options, struct report *report) {
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    const struct limit *limit = &limits[i];
    if (limit->always || option(options, limit->name) != NULL) {
      set_limit(limit, option_number(options, limit->name, limit->otherwise), report);
    }
  }
}
