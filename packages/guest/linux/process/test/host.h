// The host's part for tests: files by name, an end that returns to the test, and what was written.
#ifndef COLONY_LINUX_TEST_HOST_H
#define COLONY_LINUX_TEST_HOST_H

#include <setjmp.h>

#include "../../memory/test/arena.h"
#include "../../registers.h"
#include "../process.h"

// Files that files_content finds. Each is copied to a block of its own size, so that ASan notices a read beyond it.
void host_put(const char *path, const void *content, size_t length);
void host_forget(void);

// The facts of the call, if the room asks for them, and how often it did. Without a clock there are none to ask for.
extern struct host_facts host_late_facts;
extern unsigned host_asked;

extern jmp_buf host_ended;
extern struct ending host_ending;
extern char host_written[256];
extern uint64_t host_idles;
extern struct resumption host_resumed;
extern bool host_refuses_to_wait;  // a wait ends the program

// Runs code that should end the program.
#define ENDS(code) (setjmp(host_ended) == 0 ? ((void)(code), false) : true)

#endif
