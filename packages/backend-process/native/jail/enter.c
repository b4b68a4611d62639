// What must be done outside, before there are namespaces.
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

// Processes that are still to come are in these groups from their first instruction on.
static void join_cgroups(const struct options *options) {
  int index = 0;
  for (const char *path; (path = option_next(options, "cgroup", &index)) != NULL;) write_file(path, "0");
}

// Root's files and signals are nobody else's: a jailed process is not root, not even one of another namespace's.
static void leave_root(const struct options *options) {
  uint64_t user = option_number(options, "user", 0);
  if (user == 0) return;
  if (setgroups(0, NULL) != 0 || setresgid((gid_t)user, (gid_t)user, (gid_t)user) != 0 ||
      setresuid((uid_t)user, (uid_t)user, (uid_t)user) != 0) {
    die("changing the user", "", errno);
  }
}

int enter(const struct options *options) {
  // Signals of the host's terminal are not for its guests.
  setsid();
  join_cgroups(options);
  // When memory runs out, guests go first. Where there is no /proc it stays as it is.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) {
    if (write(score, "800", 3) < 0) {}
    close(score);
  }
  leave_root(options);
  // After the change of user, which clears it. The parent may be gone already, and then nobody would tell.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) die("PR_SET_PDEATHSIG", "", errno);
  if ((uint64_t)getppid() != option_number(options, "parent", 0)) die("the host is gone", "", 0);
  char *environment[] = {NULL};
  execve(options->program[0], options->program, environment);
  die("running", options->program[0], errno);
}
