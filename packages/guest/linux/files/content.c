#include "content.h"

#include <asm/errno.h>

enum { SMALLEST_ROOM = 64 };

static uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

// Grows by half, so that many small writes cost a constant time each.
static int64_t reserve(struct content *content, uint64_t length) {
  if (length <= content->room) return 0;
  uint64_t grown = content->room + content->room / 2;
  uint64_t room = length > grown ? length : grown;
  if (room < SMALLEST_ROOM) room = SMALLEST_ROOM;
  uint8_t *data = kernel_resize(content->data, room);
  if (data == NULL) return -ENOSPC;
  content->data = data;
  content->room = room;
  return 0;
}

static int64_t fill_to(struct content *content, uint64_t end) {
  int64_t error = reserve(content, end);
  if (error < 0 || end <= content->filled) return error;
  memset(content->data + content->filled, 0, end - content->filled);
  content->filled = end;
  return 0;
}

void content_read(const struct content *content, uint64_t offset, void *to, uint64_t length) {
  uint64_t copied = offset < content->filled ? lesser(length, content->filled - offset) : 0;
  if (copied > 0) memcpy(to, content->data + offset, copied);
  if (length > copied) memset((uint8_t *)to + copied, 0, length - copied);
}

int64_t content_write(struct content *content, uint64_t offset, const void *from, uint64_t length) {
  if (length == 0) return 0;
  int64_t error = reserve(content, offset + length);
  if (error == 0 && offset > content->filled) error = fill_to(content, offset);
  if (error < 0) return error;
  memcpy(content->data + offset, from, length);
  if (offset + length > content->filled) content->filled = offset + length;
  if (offset + length > content->size) content->size = offset + length;
  return 0;
}

int64_t content_fill(struct content *content) { return fill_to(content, content->size); }

void content_resize(struct content *content, uint64_t size) {
  if (size == 0) content_free(content);
  if (size < content->filled) content->filled = size;
  content->size = size;
}

void content_clear(struct content *content, uint64_t offset, uint64_t length) {
  if (offset < content->filled) memset(content->data + offset, 0, lesser(length, content->filled - offset));
}

void content_free(struct content *content) {
  kernel_free(content->data);
  *content = (struct content){0};
}

void content_text(struct content *content, const char *text) {
  (void)content_write(content, content->size, text, strlen(text));
}

void content_number(struct content *content, uint64_t number, unsigned base, int width) {
  char digits[65];
  char *at = digits + sizeof digits - 1;
  *at = '\0';
  do {
    *--at = "0123456789abcdef"[number % base];
    number /= base;
    width--;
  } while (number > 0 || (width > 0 && at > digits));
  content_text(content, at);
}
