#include "script.h"

#include <asm/errno.h>

bool script_is(struct bytes file) { return file.length >= 2 && file.data[0] == '#' && file.data[1] == '!'; }

static bool blank(char letter) { return letter == ' ' || letter == '\t'; }

static char *skip_blanks(char *at) {
  while (blank(*at)) at++;
  return at;
}
static char *skip_word(char *at) {
  while (*at != 0 && !blank(*at)) at++;
  return at;
}

// Copies the line without `#!`, its end and blanks there. Returns false if the line is too long and was cut.
static bool copy_line(struct bytes file, char line[LONGEST_FIRST_LINE]) {
  size_t length = 0, i = 2;
  for (; i < file.length && i < LONGEST_FIRST_LINE - 1 && file.data[i] != '\n'; i++)
    line[length++] = (char)file.data[i];
  bool whole = i < LONGEST_FIRST_LINE - 1;
  while (length > 0 && blank(line[length - 1])) length--;
  line[length] = 0;
  return whole;
}

// The rest of the line is one argument, whatever it holds.
static void divide_line(struct script *script) {
  char *name = skip_blanks(script->line), *end = skip_word(name), *argument = skip_blanks(end);
  script->interpreter = name;
  script->argument = *argument != 0 ? argument : NULL;
  *end = 0;
}

// The script's path takes the place of its first argument.
static void make_arguments(const struct program *program, struct script *script) {
  const struct texts *old = &program->arguments;
  size_t count = 0;
  script->items[count++] = script->interpreter;
  if (script->argument != NULL) script->items[count++] = script->argument;
  script->items[count++] = program->path;
  for (size_t i = 1; i < old->count; i++) script->items[count++] = old->items[i];
  script->program = *program;
  script->program.arguments = (struct texts){count, script->items};
}

int64_t script_read(struct bytes file, const struct program *program, struct script *script) {
  script->items = NULL;
  bool whole = copy_line(file, script->line);
  divide_line(script);
  // Linux cuts arguments, but not the interpreter's name.
  if (script->interpreter[0] == 0 || (!whole && script->argument == NULL)) return -ENOEXEC;
  script->items = (const char **)kernel_allocate((program->arguments.count + 3) * sizeof *script->items);
  if (script->items == NULL) return -E2BIG;
  make_arguments(program, script);
  return 0;
}

void script_forget(struct script *script) { kernel_free((void *)script->items); }
