// Writes the seccomp filters as BPF programs: a header for the jail, and a separate one of the child for the zygote.
//
//     generate HEADER CHILD
//
// Runs only when this package is built, because libseccomp is not shipped.
#define _GNU_SOURCE
#include "rules.h"

#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void die(const char *what, const char *detail, int error) {
  fprintf(stderr, "generate: %s %s: %s\n", what, detail, strerror(error < 0 ? -error : error));
  exit(1);
}

static void add(scmp_filter_ctx context, const struct rule *rule) {
  int number = seccomp_syscall_resolve_name(rule->name);
  // A call that this libseccomp does not know gets the default action.
  if (number == __NR_SCMP_ERROR) return;
  unsigned count = 0;
  while (rule->conditions[count].op != _SCMP_CMP_MIN) count++;
  int error = seccomp_rule_add_array(context, rule->action, number, count, rule->conditions);
  // A rule that equals the default action is an error, which is ignored.
  if (error != 0 && error != -EACCES) die("rule for", rule->name, error);
}

static scmp_filter_ctx build(const struct filter *filter) {
  scmp_filter_ctx context = seccomp_init(filter->otherwise);
  if (context == NULL) die("filter", filter->name, ENOMEM);
  // Other architectures, and x32, have other call numbers: Colony's programs never make such calls.
  seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
  for (const struct rule *rule = filter->rules; rule->name != NULL; rule++) add(context, rule);
  return context;
}

// The program's instructions, eight bytes each.
static size_t compile(const struct filter *filter, uint64_t *program, size_t room) {
  scmp_filter_ctx context = build(filter);
  FILE *file = tmpfile();
  if (file == NULL) die("filter", filter->name, errno);
  int error = seccomp_export_bpf(context, fileno(file));
  if (error != 0) die("export of", filter->name, error);
  seccomp_release(context);
  lseek(fileno(file), 0, SEEK_SET);
  ssize_t size = read(fileno(file), program, room * sizeof *program);
  if (size <= 0 || (size_t)size == room * sizeof *program) die("size of", filter->name, EFBIG);
  fclose(file);
  return (size_t)size / sizeof *program;
}

static void write_header(FILE *out, const struct filter *filter, const uint64_t *program, size_t length) {
  fprintf(out, "static const uint64_t filter_%s[%zu] = {\n", filter->name, length);
  for (size_t i = 0; i < length; i++) fprintf(out, "    0x%016llx,\n", (unsigned long long)program[i]);
  fprintf(out, "};\n\n");
}

int main(int argc, char **argv) {
  if (argc != 3) die("usage", "generate HEADER CHILD", EINVAL);
  FILE *header = fopen(argv[1], "w");
  if (header == NULL) die("writing", argv[1], errno);
  fprintf(header, "// Generated from native/seccomp/rules.h. Do not edit.\n#include <stdint.h>\n\n");
  for (size_t i = 0; i < FILTERS; i++) {
    static uint64_t program[4096];
    size_t length = compile(&filters[i], program, sizeof program / sizeof *program);
    if (strcmp(filters[i].name, "child") != 0) {
      write_header(header, &filters[i], program, length);
      continue;
    }
    FILE *child = fopen(argv[2], "w");
    if (child == NULL || fwrite(program, sizeof *program, length, child) != length || fclose(child) != 0) {
      die("writing", argv[2], errno);
    }
  }
  return fclose(header) == 0 ? 0 : 1;
}
