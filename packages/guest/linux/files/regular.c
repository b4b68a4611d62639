// Regular files: content in memory, which of a host's file is read at first use.
#include <asm/errno.h>
#include <linux/fcntl.h>

#include "descriptor.h"
#include "remote.h"

static int64_t regular_available(struct open_file *file, uint64_t offset) {
  int64_t error = remote_load(file->node);
  if (error < 0) return error;
  uint64_t size = file->node->content.size;
  return offset < size ? (int64_t)(size - offset) : 0;
}

static int64_t regular_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  content_read(&file->node->content, offset, to, length);
  return (int64_t)length;
}

static int64_t regular_write(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  struct node *node = file->node;
  int64_t error = remote_load(node);
  if (error < 0) return error;
  if (offset >= kLargestFile) return -EFBIG;
  if (length > kLargestFile - offset) length = kLargestFile - offset;
  error = content_write(&node->content, offset, from, length);
  if (error < 0) return error;
  node_modified(node);
  node->unsaved = true;
  return (int64_t)length;
}

// A host's file is written back when the last descriptor of an open file goes, as NFS does.
static int64_t regular_closed(struct open_file *file) { return file_writes(file) ? remote_save(file->node) : 0; }

const struct behaviour kRegular = {
    .available = regular_available,
    .read = regular_read,
    .write = regular_write,
    .closed = regular_closed,
};

static int64_t directory_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)file, (void)offset, (void)to, (void)length;
  return -EISDIR;
}

const struct behaviour kDirectory = {.read = directory_read};
