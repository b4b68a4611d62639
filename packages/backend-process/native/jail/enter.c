// The steps outside, before namespaces exist.
#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static void write_file(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0 || write(file, text, strlen(text)) < 0) die("writing", path, errno);
  close(file);
}

// Joins the groups now, so that later processes are in them from their first instruction on.
static void join_cgroups(const struct options *options) {
  int index = 0;
  for (const char *path; (path = option_next(options, "cgroup", &index)) != NULL;) write_file(path, "0");
}

// A jailed process must not own root's files or signal root's processes, so it is never root, not even in another
// namespace.
static void leave_root(const struct options *options) {
  uint64_t user = option_number(options, "user", 0);
  if (user == 0) return;
  if (setgroups(0, NULL) != 0 || setresgid((gid_t)user, (gid_t)user, (gid_t)user) != 0 ||
      setresuid((uid_t)user, (uid_t)user, (uid_t)user) != 0) {
    die("changing the user", "", errno);
  }
}

int enter(const struct options *options) {
  // Guests must not receive signals of the host's terminal.
  setsid();
  join_cgroups(options);
  // If memory runs out, the kernel ends guests first. Without /proc the score stays unchanged.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    if (write(score, "800", 3) < 0) {}
    close(score);
  }
  leave_root(options);
  // After the change of user, which clears it. The parent may be gone already, and then no signal would come.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG", "", errno);
  if ((uint64_t)getppid() != option_number(options, "parent", 0)) die("the host is gone", "", 0);
  char *environment[] = {NULL};
  execve(options->program[0], options->program, environment);
  die("running", options->program[0], errno);
}
