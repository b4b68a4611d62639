// read in its forms.
#include <asm/errno.h>

#include "ready.h"
#include "vector.h"

static uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

static int64_t available(struct open_file *file, uint64_t offset) {
  const struct behaviour *behaviour = file->node->behaviour;
  return behaviour->available == NULL ? 0 : behaviour->available(file, offset);
}

// Checks only the memory that is used: a program may pass a length that is greater than its buffer.
int64_t file_read(struct open_file *file, uint64_t offset, struct piece piece) {
  const struct behaviour *behaviour = file->node->behaviour;
  if (behaviour->read == NULL || piece.length < behaviour->least) return -EINVAL;
  int64_t most = available(file, offset);
  if (most < 0) return most;
  uint64_t length = lesser(lesser(piece.length, MOST_BYTES), (uint64_t)most);
  if (!user_range(piece.address, length)) return -EFAULT;
  return piece.length == 0 && !is_directory(file->node) ? 0
                                                        : behaviour->read(file, offset, (void *)piece.address, length);
}

static int64_t read_one(struct open_file *file, const uint64_t a[6]) {
  int64_t result;
  do result = file_read(file, file->offset, (struct piece){a[1], a[2]});
  while (ready_again(file, &result));
  return advance(file, result);
}

static int64_t read_pieces(struct open_file *file, const uint64_t a[6]) {
  int64_t result;
  do result = vector_each(file_read, file, file->offset, a + 1);
  while (ready_again(file, &result));
  return advance(file, result);
}

SYSTEM_CALL(read) {
  struct open_file *file = descriptor_reader(a[0]);
  return file == NULL ? -EBADF : file_during(file, read_one, a);
}

SYSTEM_CALL(pread64) {
  struct open_file *file = NULL;
  int64_t error = file_with_offset(a[0], a[3], file_reads, &file);
  return error < 0 ? error : file_read(file, a[3], (struct piece){a[1], a[2]});
}

SYSTEM_CALL(readv) {
  struct open_file *file = descriptor_reader(a[0]);
  return file == NULL ? -EBADF : file_during(file, read_pieces, a);
}

SYSTEM_CALL(preadv) {
  struct open_file *file = NULL;
  int64_t error = file_with_offset(a[0], a[3], file_reads, &file);
  return error < 0 ? error : vector_each(file_read, file, a[3], a + 1);
}
