// A program that serves calls by itself: it starts once, and each call goes on where it waits for one.
#ifndef COLONY_LINUX_SERVER_H
#define COLONY_LINUX_SERVER_H

#include "files/files.h"
#include "process/process.h"

// Runs the program. The host gets `loaded` when the program first waits for a call. The run fails when the program ends.
_Noreturn void server_run(const struct start *start, struct bytes loaded);

#endif
