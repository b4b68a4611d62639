// write in its forms.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "ready.h"
#include "vector.h"

// A pipe takes what it has room for. If it blocks, the rest waits. An eventfd takes no more than its number.
static int64_t write_all(struct open_file *file, uint64_t offset, const uint8_t *from, uint64_t length) {
  const struct behaviour *behaviour = file->node->behaviour;
  bool waits = behaviour == &kPipe && !file_is_nonblocking(file);
  uint64_t total = 0;
  int64_t result;
  do {
    result = behaviour->write(file, offset + total, from + total, length - total);
    if (result > 0) total += (uint64_t)result;
    if (result > 0 && total < length && waits) result = -EAGAIN;
  } while (ready_again(file, &result));
  return total > 0 ? (int64_t)total : result;
}

int64_t file_write(struct open_file *file, uint64_t offset, struct piece piece) {
  const struct behaviour *behaviour = file->node->behaviour;
  uint64_t length = piece.length < MOST_BYTES ? piece.length : MOST_BYTES;
  if (behaviour->write == NULL || length < behaviour->least) return -EINVAL;
  if (!user_range(piece.address, length)) return -EFAULT;
  if ((file->flags & O_APPEND) != 0) offset = file->node->content.size;
  return length == 0 ? 0 : write_all(file, offset, (const uint8_t *)piece.address, length);
}

// O_APPEND also moves the offset to the end.
static void go_to_end(struct open_file *file) {
  if ((file->flags & O_APPEND) != 0 && is_regular(file->node)) file->offset = file->node->content.size;
}

static int64_t write_one(struct open_file *file, const uint64_t a[6]) {
  if (a[2] > 0) go_to_end(file);
  return advance(file, file_write(file, file->offset, (struct piece){a[1], a[2]}));
}

static int64_t write_pieces(struct open_file *file, const uint64_t a[6]) {
  uint64_t start = (file->flags & O_APPEND) != 0 && is_regular(file->node) ? file->node->content.size : file->offset;
  int64_t written = vector_each(file_write, file, start, a + 1);
  if (written > 0) file->offset = start;
  return advance(file, written);
}

SYSTEM_CALL(write) {
  struct open_file *file = descriptor_writer(a[0]);
  return file == NULL ? -EBADF : file_during(file, write_one, a);
}

SYSTEM_CALL(pwrite64) {
  struct open_file *file = NULL;
  int64_t error = file_with_offset(a[0], a[3], file_writes, &file);
  return error < 0 ? error : file_write(file, a[3], (struct piece){a[1], a[2]});
}

SYSTEM_CALL(writev) {
  struct open_file *file = descriptor_writer(a[0]);
  return file == NULL ? -EBADF : file_during(file, write_pieces, a);
}

SYSTEM_CALL(pwritev) {
  struct open_file *file = NULL;
  int64_t error = file_with_offset(a[0], a[3], file_writes, &file);
  return error < 0 ? error : vector_each(file_write, file, a[3], a + 1);
}
