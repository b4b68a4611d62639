// Waiting for files that are not always ready: pipes, eventfd, timerfd, epoll.
#ifndef COLONY_LINUX_READY_H
#define COLONY_LINUX_READY_H

#include "descriptor.h"

// POLL* of a file. Files without a function of their own are always ready.
uint32_t ready_of(struct open_file *file);

// Tells all who wait that the file may be ready: POLLIN to read, POLLOUT to write, or both.
void ready_changed(struct node *node, uint32_t how);
// Only notes the change, because who waits looks at the file anyway.
void ready_note(struct node *node, uint32_t how);

// Waits until some file may have become ready, or until a moment of clock_monotonic. Returns 0, -ETIMEDOUT or -EINTR. Who
// waits looks at his files again: every change wakes all.
int64_t ready_wait(uint64_t until);

// Waits after a transfer whose result is -EAGAIN, if its file blocks. Returns true if the transfer is to be tried again.
bool ready_again(const struct open_file *file, int64_t *result);

// --- timer.c ---------------------------------------------------------------------------------------------------------
// The moment at which the next timerfd becomes ready, or FOR_EVER. It is over if one has become ready since the last look.
uint64_t timer_next(void);

// --- epoll.c ---------------------------------------------------------------------------------------------------------
// Forgets an open file that is closed.
void epoll_forget(const struct open_file *file);

#endif
