// System calls and exceptions of the program that runs.
#ifndef COLONY_LINUX_SERVE_H
#define COLONY_LINUX_SERVE_H

#include "process/process.h"
#include "registers.h"

// Runs a program to its end.
struct ending serve_program(const struct start *start);

// Reports the system calls that the library OS does not have and that programs made, and forgets them.
void serve_report_unsupported(void);

// The program's registers at the present system call.
const struct registers *serve_registers(void);
struct context serve_context(void);
// Goes on with these registers.
_Noreturn void linux_resume(const struct resumption *resumption);

// Rewrites the site of a system call that trapped, if that is safe. See rewrite.c.
void rewrite_site(const struct registers *registers);

#endif
