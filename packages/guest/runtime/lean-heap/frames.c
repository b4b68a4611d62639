// Memory for frames in an image whose program has a heap: the frames use that heap, because there can be only one.
#include "memory.h"

void *frame_allocate(size_t size) { return malloc(size); }
void *frame_resize(void *data, size_t size) { return realloc(data, size); }
void frame_free(void *data) { free(data); }
