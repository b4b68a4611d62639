#define _GNU_SOURCE
#include "jail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A shell's exit status for a program that cannot run.
enum { CANNOT_RUN = 126 };

_Noreturn void die(const char *what, const char *detail, int error) {
  fprintf(stderr, "colony jail: %s%s%s%s%s\n", what, detail[0] == 0 ? "" : " ", detail, error == 0 ? "" : ": ",
          error == 0 ? "" : strerror(error));
  _exit(CANNOT_RUN);
}

const char *option_next(const struct options *options, const char *name, int *index) {
  size_t length = strlen(name);
  while (*index < options->count) {
    const char *word = options->words[(*index)++];
    if (strncmp(word, name, length) == 0 && word[length] == '=') return word + length + 1;
  }
  return NULL;
}

const char *option(const struct options *options, const char *name) {
  int index = 0;
  return option_next(options, name, &index);
}

uint64_t option_number(const struct options *options, const char *name, uint64_t otherwise) {
  const char *text = option(options, name);
  if (text == NULL) return otherwise;
  char *end;
  errno = 0;
  uint64_t number = strtoull(text, &end, 10);
  if (errno != 0 || *text < '0' || *text > '9' || *end != 0) die("no number:", text, EINVAL);
  return number;
}

int main(int argc, char **argv) {
  struct options options = {.words = argv + 2, .count = 0};
  while (2 + options.count < argc && strcmp(argv[2 + options.count], "--") != 0) options.count++;
  if (3 + options.count >= argc) die("usage: jail enter|confine NAME=VALUE... -- PROGRAM ARGUMENT...", "", 0);
  options.program = options.words + options.count + 1;
  if (strcmp(argv[1], "enter") == 0) return enter(&options);
  if (strcmp(argv[1], "confine") == 0) return confine(&options);
  die("what is", argv[1], EINVAL);
}
