#define _GNU_SOURCE
#include "jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// Highest possible number of an open descriptor, plus 1.
static int end_of_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_max > 1 << 20) return 1 << 20;
  return (int)limit.rlim_max;
}

void close_descriptors(struct report *report) {
  int end = end_of_descriptors();
  if (syscall(SYS_close_range, CHANNEL + 1, ~0u, 0) != 0) {
    for (int number = CHANNEL + 1; number < end; number++) close(number);
  }
  uint64_t open = 0;
  int looked = end < 4096 ? end : 4096;
  for (int number = CHANNEL + 1; number < looked; number++) open += fcntl(number, F_GETFD) >= 0;
  report_number(report, "other-descriptors", open);
}

// Whether a file that the program was given has this name in the root.
static bool expected(const struct options *options, const char *name) {
  static const char *const kinds[] = {"read", "execute"};
  size_t length = strlen(name);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    int index = 0;
    for (const char *path; (path = option_next(options, kinds[i], &index)) != NULL;) {
      if (strncmp(path + 1, name, length) == 0 && (path[1 + length] == '/' || path[1 + length] == 0)) return true;
    }
  }
  return false;
}

void look_at_root(const struct options *options, struct report *report) {
  uint64_t others = 0;
  DIR *root = opendir("/");
  if (root == NULL) die("looking at the root", "", errno);
  for (struct dirent *entry; (entry = readdir(root)) != NULL;) {
    bool itself = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (!itself && !expected(options, entry->d_name)) others++;
  }
  closedir(root);
  report_number(report, "root-others", others);
  report_number(report, "root-writable", access("/", W_OK) == 0);
}
