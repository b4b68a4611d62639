// Landlock: allows only the program's own files, no network, and signals and abstract sockets only within the jail.
#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The newest form in linux/landlock.h; older kernels accept the part that they know.
struct ruleset {
  uint64_t files, network, scoped;
};
struct path_rule {
  uint64_t allowed;
  int32_t file;
} __attribute__((packed));
enum { CREATE_VERSION = 1, RULE_PATH_BENEATH = 1 };
static const uint64_t kExecute = 1 << 0, kReadFile = 1 << 2;

// Every right that the kernel's version knows, because an unhandled right is not denied.
static uint64_t file_rights(long version) {
  uint64_t rights = (1 << 13) - 1;
  if (version >= 2) rights |= 1 << 13;  // rename and link across folders
  if (version >= 3) rights |= 1 << 14;  // truncate
  if (version >= 5) rights |= 1 << 15;  // ioctl on devices
  return rights;
}

static size_t ruleset_size(long version) {
  if (version >= 6) return sizeof(struct ruleset);
  return version >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, network);
}

static void allow(const struct options *options, const char *kind, uint64_t rights, int ruleset) {
  int index = 0;
  for (const char *path; (path = option_next(options, kind, &index)) != NULL;) {
    struct path_rule rule = {rights, open(path, O_PATH | O_CLOEXEC)};
    struct stat facts;
    if (rule.file < 0 || fstat(rule.file, &facts) != 0) die("opening", path, errno);
    // A folder would grant everything in it.
    if (!S_ISREG(facts.st_mode)) die("no file:", path, 0);
    if (syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0) != 0)
      die("Landlock rule for", path, errno);
    close(rule.file);
  }
}

void apply_landlock(const struct options *options, struct report *report) {
  long version = syscall(SYS_landlock_create_ruleset, NULL, 0, CREATE_VERSION);
  if (version < 1) {
    report_number(report, "landlock", 0);
    return;
  }
  struct ruleset rules = {file_rights(version), version >= 4 ? 3 : 0, version >= 6 ? 3 : 0};
  int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rules, ruleset_size(version), 0);
  if (ruleset < 0) die("creating Landlock's rules", "", errno);
  allow(options, "read", kReadFile, ruleset);
  allow(options, "execute", kReadFile | kExecute, ruleset);
  if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0) die("applying Landlock", "", errno);
  close(ruleset);
  // The only way to check the rules is to try an access.
  int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  bool denied = root < 0 && errno == EACCES;
  if (root >= 0) close(root);
  report_number(report, "landlock", denied ? (uint64_t)version : 0);
}
