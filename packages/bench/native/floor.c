// floor: measures one subject at a time, on request, so that its rounds can be interleaved with others'.
//
//   stdin              stdout
//   list               names, on one line
//   run NAME COUNT     COUNT samples in nanoseconds, on one line
//   (end of input)     exit
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "floor.h"

static const struct subject *const tables[] = {kvm_subjects, host_subjects, kernel_subjects, boot_subjects};
static const struct subject *const families[] = {kvm_families, host_families, work_families, environment_families};

const char *file_beside(const char *name) {
  enum { MOST = 4096 };
  static char path[MOST];
  const ssize_t length = readlink("/proc/self/exe", path, MOST);
  CHECK(length > 0, "readlink");
  if ((size_t)length + strlen(name) + 2 > MOST) DIE("the path of this program is too long");
  sprintf(path + length, "-%s", name);
  return path;
}

static const struct subject *find_in_family(const char *name) {
  static struct subject found;
  for (size_t t = 0; t < sizeof families / sizeof *families; ++t) {
    for (const struct subject *s = families[t]; s->name != NULL; ++s) {
      const size_t length = strlen(s->name);
      char *end;
      if (strncmp(name, s->name, length) != 0 || name[length] != '.' || !isdigit(name[length + 1])) continue;
      const uint64_t argument = strtoull(name + length + 1, &end, 10);
      if (*end != '\0') continue;
      if (argument > s->argument) DIE("%s: at most %lu", name, s->argument);
      found = (struct subject){name, s->sample, argument};
      return &found;
    }
  }
  return NULL;
}

static const struct subject *find(const char *name) {
  for (size_t t = 0; t < sizeof tables / sizeof *tables; ++t) {
    for (const struct subject *s = tables[t]; s->name != NULL; ++s) {
      if (strcmp(s->name, name) == 0) return s;
    }
  }
  const struct subject *s = find_in_family(name);
  if (s == NULL) DIE("no subject %s", name);
  return s;
}

static void list(void) {
  for (size_t t = 0; t < sizeof tables / sizeof *tables; ++t) {
    for (const struct subject *s = tables[t]; s->name != NULL; ++s) printf("%s ", s->name);
  }
  putchar('\n');
}

static void run(const char *name, unsigned count) {
  enum { MOST = 100000 };
  static double samples[MOST];
  if (count > MOST) DIE("at most %d samples at once", MOST);
  const struct subject *s = find(name);
  // Nothing is printed or allocated between two samples.
  for (unsigned i = 0; i < count; ++i) samples[i] = s->sample(s->argument);
  for (unsigned i = 0; i < count; ++i) printf("%.1f ", samples[i]);
  putchar('\n');
}

int main(void) {
  char line[256], name[128];
  unsigned count;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strcmp(line, "list\n") == 0) {
      list();
    } else if (sscanf(line, "run %127s %u", name, &count) == 2) {
      run(name, count);
    } else {
      DIE("what is: %s", line);
    }
    fflush(stdout);
  }
  return 0;
}
