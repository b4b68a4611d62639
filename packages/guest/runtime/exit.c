// A virtine has no process, so exit and abort end the run.
#include "runtime.h"

#include <stdlib.h>

_Noreturn void abort(void) { runtime_abort(COLONY_TRAP_EXIT, "abort() was called", ""); }

_Noreturn void _Exit(int status) {
  struct message number = {.length = 0};
  message_add(&number, status < 0 ? "-" : "");
  message_add_number(&number, status < 0 ? -(uint64_t)status : (uint64_t)status);
  runtime_abort(COLONY_TRAP_EXIT, "exit() was called with status ", number.text);
}

_Noreturn void _exit(int status) { _Exit(status); }

_Noreturn void exit(int status) {
  if (libc_after_call != NULL) libc_after_call();  // writes the rest of printf's buffer
  _Exit(status);
}
