// The bytes of a regular file. Bytes from `filled` to `size` are zero and take no memory, so that a large file that a
// program only made long stays small.
#ifndef COLONY_LINUX_CONTENT_H
#define COLONY_LINUX_CONTENT_H

#include "../kernel.h"

static const uint64_t kLargestFile = (uint64_t)1 << 62;

struct content {
  uint8_t *data;
  uint64_t filled, room, size;
};

void content_read(const struct content *content, uint64_t offset, void *to, uint64_t length);
// These return 0 or an error. `from` lies outside of the content.
int64_t content_write(struct content *content, uint64_t offset, const void *from, uint64_t length);
int64_t content_fill(struct content *content);  // makes all bytes exist in memory
void content_resize(struct content *content, uint64_t size);
void content_clear(struct content *content, uint64_t offset, uint64_t length);
void content_free(struct content *content);

// Text that grows, for files that are made when they are opened.
void content_text(struct content *content, const char *text);
void content_number(struct content *content, uint64_t number, unsigned base, int width);

#endif
