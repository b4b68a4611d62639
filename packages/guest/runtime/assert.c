#include "runtime.h"

// The function that <assert.h> calls, Colony's and musl's alike.
_Noreturn void __assert_fail(const char *expression, const char *file, int line, const char *function) {
  struct message text = {.length = 0};
  message_add(&text, file);
  message_add(&text, ":");
  message_add_number(&text, (uint64_t)line);
  message_add(&text, ": ");
  message_add(&text, function);
  message_add(&text, ": assertion failed: ");
  runtime_abort(COLONY_TRAP_EXIT, text.text, expression);
}
