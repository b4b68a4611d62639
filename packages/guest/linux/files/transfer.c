// sendfile and copy_file_range. Bytes go through a buffer, because a file may be copied into itself.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "ready.h"
#include "user.h"
#include "vector.h"

static uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

// One side of a copy. Its offset is the file's own, or one that the program keeps.
struct side {
  struct open_file *file;
  uint64_t offset, address;
};

static int64_t take_offset(struct side *side, uint64_t address) {
  side->address = address;
  side->offset = side->file->offset;
  return address == 0 ? 0 : user_take(&side->offset, address, sizeof side->offset);
}

static void give_offset(const struct side *side) {
  if (side->address != 0) (void)user_give(side->address, &side->offset, sizeof side->offset);
  else if (side->file->node->behaviour->seeking == SEEKS) side->file->offset = side->offset;
}

static int64_t copy_some(struct side *from, struct side *to, uint64_t length) {
  static uint8_t buffer[64 * 1024];
  const struct behaviour *source = from->file->node->behaviour;
  const struct behaviour *target = to->file->node->behaviour;
  int64_t most = source->available == NULL ? 0 : source->available(from->file, from->offset);
  if (most <= 0) return most;
  length = lesser(lesser(length, sizeof buffer), (uint64_t)most);
  int64_t got = source->read(from->file, from->offset, buffer, length);
  if (got <= 0) return got;
  int64_t put = target->write(to->file, to->offset, buffer, (uint64_t)got);
  if (put <= 0) return put;
  from->offset += (uint64_t)put;
  to->offset += (uint64_t)put;
  return put;
}

static int64_t copy(struct side *from, struct side *to, uint64_t length) {
  uint64_t total = 0;
  length = lesser(length, MOST_BYTES);
  while (total < length) {
    int64_t done = copy_some(from, to, length - total);
    if (done > 0) total += (uint64_t)done;
    if (done > 0 || ready_again(to->file, &done)) continue;
    if (done < 0 && total == 0) return done;
    break;
  }
  give_offset(from);
  give_offset(to);
  return (int64_t)total;
}

static int64_t take_source(struct side *from, uint64_t address) {
  if (from->file == NULL) return -EBADF;
  int64_t error = take_offset(from, address);
  if (error < 0) return error;
  if (address != 0 && from->file->node->behaviour->seeking == SEEKS_NOT) return -ESPIPE;
  return (int64_t)from->offset < 0 ? -EINVAL : 0;
}

static int64_t send(struct side *from, struct side *to, uint64_t length) {
  file_hold(from->file);
  file_hold(to->file);
  int64_t sent = copy(from, to, length);
  file_let_go(to->file);
  file_let_go(from->file);
  return sent;
}

SYSTEM_CALL(sendfile) {
  struct side from = {.file = descriptor_reader(a[1])};
  struct side to = {.file = descriptor_writer(a[0])};
  int64_t error = take_source(&from, a[2]);
  if (error < 0) return error;
  if (to.file == NULL) return -EBADF;
  (void)take_offset(&to, 0);
  const struct behaviour *target = to.file->node->behaviour;
  bool possible = is_regular(from.file->node) && target->write != NULL && target->least == 0;
  return possible && (to.file->flags & O_APPEND) == 0 ? send(&from, &to, a[3]) : -EINVAL;
}

static int64_t check_files(const struct open_file *from, const struct open_file *to) {
  if (is_directory(from->node) || is_directory(to->node)) return -EISDIR;
  if (!is_regular(from->node) || !is_regular(to->node)) return -EINVAL;
  return file_reads(from) && file_writes(to) && (to->flags & O_APPEND) == 0 ? 0 : -EBADF;
}

static bool wraps(const struct side *side, uint64_t length) {
  uint64_t end;
  return __builtin_add_overflow(side->offset, length, &end);
}

static bool overlap(const struct side *from, const struct side *to, uint64_t length) {
  return from->file->node == to->file->node && from->offset < to->offset + length && to->offset < from->offset + length;
}

// Only as far as the source reaches: beyond its end nothing overlaps.
static int64_t copy_range(struct side *from, struct side *to, uint64_t length) {
  int64_t available = kRegular.available(from->file, from->offset);
  if (available < 0) return available;
  if (wraps(from, length) || wraps(to, length)) return -EOVERFLOW;
  length = lesser(length, (uint64_t)available);
  if (overlap(from, to, length) || (int64_t)from->offset < 0 || (int64_t)to->offset < 0) return -EINVAL;
  return copy(from, to, length);
}

SYSTEM_CALL(copy_file_range) {
  struct side from = {.file = descriptor_file(a[0])};
  struct side to = {.file = descriptor_file(a[2])};
  if (from.file == NULL || to.file == NULL) return -EBADF;
  int64_t error = take_offset(&from, a[1]);
  if (error == 0) error = take_offset(&to, a[3]);
  if (error < 0) return error;
  if ((uint32_t)a[5] != 0) return -EINVAL;
  error = check_files(from.file, to.file);
  return error < 0 ? error : copy_range(&from, &to, a[4]);
}
