// Scripts: files that begin with `#!` and name the program that runs them.
#ifndef COLONY_LINUX_SCRIPT_H
#define COLONY_LINUX_SCRIPT_H

#include "../files/files.h"
#include "process.h"

enum { LONGEST_FIRST_LINE = 256 };

struct script {
  char line[LONGEST_FIRST_LINE];       // interpreter and argument, each with its end
  const char *interpreter, *argument;  // the argument may be NULL
  struct program program;              // of the interpreter
  const char **items;                  // its arguments
};

bool script_is(struct bytes file);
// Reads the first line, and makes the interpreter's arguments: its path, the optional argument, the script, the script's
// own. Returns 0 or ENOEXEC. script_forget follows in each case.
int64_t script_read(struct bytes file, const struct program *program, struct script *script);
void script_forget(struct script *script);

#endif
