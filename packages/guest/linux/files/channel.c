#include "channel.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "descriptor.h"

enum { CALLS = 3, HYPERCALLS = 4 };

struct channel {
  channel_exchange *exchange;
  struct content written;
  struct bytes rest;  // of the message that is read
  bool reads;
};

static int64_t channel_available(struct open_file *file, uint64_t offset) {
  (void)offset;
  struct channel *channel = file->node->channel;
  if (channel->reads) return INT64_MAX;
  channel->rest = channel->exchange((struct bytes){channel->written.data, channel->written.size});
  channel->written.size = channel->written.filled = 0;
  channel->reads = true;
  return INT64_MAX;
}

static int64_t channel_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)offset;
  struct channel *channel = file->node->channel;
  channel->reads = channel->rest.length >= length;
  if (!channel->reads) length = channel->rest.length;
  memcpy(to, channel->rest.data, length);
  channel->rest.data += length;
  channel->rest.length -= length;
  return (int64_t)length;
}

static int64_t channel_write(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)offset;
  struct content *written = &file->node->channel->written;
  int64_t error = content_write(written, written->size, from, length);
  return error < 0 ? error : (int64_t)length;
}

static int64_t channel_closed(struct open_file *file) {
  content_free(&file->node->channel->written);
  kernel_free(file->node->channel);
  return 0;
}

static const struct behaviour kChannel = {
    .seeking = SEEKS_NOT,
    .name = "anon_inode:[colony]",
    .available = channel_available,
    .read = channel_read,
    .write = channel_write,
    .closed = channel_closed,
};

static void open_channel(uint32_t descriptor, channel_exchange *exchange) {
  struct node *node = node_new(&kChannel, STORE_STREAM, S_IFIFO | 0600);
  node->channel = kernel_allocate(sizeof *node->channel);
  node->channel->exchange = exchange;
  descriptor_open(descriptor, node, O_RDWR | O_CLOEXEC);
}

void channel_start(channel_exchange *calls, channel_exchange *hypercalls) {
  open_channel(CALLS, calls);
  open_channel(HYPERCALLS, hypercalls);
}
