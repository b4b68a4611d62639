// Memory for the runtime itself: frames too large for a session's own buffers, replies, room for arguments. In most
// images it comes from malloc. An image whose program has no heap uses an arena instead (lean/).
#ifndef COLONY_RUNTIME_MEMORY_H
#define COLONY_RUNTIME_MEMORY_H

#include <stddef.h>
#include <stdlib.h>

#ifdef COLONY_LEAN
void *frame_allocate(size_t size);
void *frame_resize(void *data, size_t size);
void frame_free(void *data);
#else
static inline void *frame_allocate(size_t size) { return malloc(size); }
static inline void *frame_resize(void *data, size_t size) { return realloc(data, size); }
static inline void frame_free(void *data) { free(data); }
#endif

#endif
