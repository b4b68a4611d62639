// The last steps inside, before the program starts. Each of them only removes rights.
#define _GNU_SOURCE
#include "jail.h"

#include "exec_page.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { MOST_VARIABLES = 16 };

static void die_with_parent(struct report *report) {
  int signal = 0;
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_GET_PDEATHSIG, &signal) != 0)
    die("PR_SET_PDEATHSIG", "", errno);
  report_number(report, "parent-death-signal", (uint64_t)signal);
}

// Makes the channel blocking, whatever the host set for its own end.
static void make_channel_blocking(void) {
  int flags = fcntl(CHANNEL, F_GETFL);
  if (flags < 0 || fcntl(CHANNEL, F_SETFL, flags & ~O_NONBLOCK) != 0) die("the channel", "", errno);
}

static const char *path_for_exec(const char *program) {
  size_t length = strlen(program) + 1;
  if (length > EXEC_PAGE_SIZE) die("running", program, ENAMETOOLONG);
  void *page = mmap((void *)EXEC_PAGE, EXEC_PAGE_SIZE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (page != (void *)EXEC_PAGE) die("the page for execve", "", errno);
  return memcpy(page, program, length);
}

// The program's environment contains only the variables that the host names.
static void environment(const struct options *options, char *variables[MOST_VARIABLES + 1], struct report *report) {
  int index = 0, count = 0;
  for (const char *variable; (variable = option_next(options, "env", &index)) != NULL; count++) {
    if (count == MOST_VARIABLES) die("too many variables", "", 0);
    variables[count] = (char *)variable;
  }
  variables[count] = NULL;
  report_number(report, "environment", (uint64_t)count);
}

// Waits until the host has checked the jail from outside. The host may be gone instead.
static void wait_for_host(void) {
  char word;
  if (read(CHANNEL, &word, 1) != 1) _exit(0);
}

int confine(const struct options *options) {
  struct report report = {.length = 0};
  char *variables[MOST_VARIABLES + 1];
  environment(options, variables, &report);
  die_with_parent(&report);
  make_channel_blocking();
  close_descriptors(&report);
  look_at_root(options, &report);
  const char *program = path_for_exec(options->program[0]);
  set_limits(options, &report);
  drop_privileges(&report);
  apply_landlock(options, &report);
  report_number(&report, "process", (uint64_t)getpid());
  report_number(&report, "user", (uint64_t)getuid());
  apply_filter(options, &report);
  report_send(&report);
  wait_for_host();
  execve(program, options->program, variables);
  die("running", program, errno);
}
