#include "stream.h"

#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/stat.h>

#include "descriptor.h"

// The call's input, which the caller keeps, so it is not copied.
static struct bytes input;
static struct node *outputs[2];

static int64_t input_available(struct open_file *file, uint64_t offset) {
  (void)file, (void)offset;
  return (int64_t)input.length;
}

static int64_t input_read(struct open_file *file, uint64_t offset, void *to, uint64_t length) {
  (void)file, (void)offset;
  if (length > input.length) length = input.length;
  if (length > 0) memcpy(to, input.data, length);
  input.data += length;
  input.length -= length;
  return (int64_t)length;
}

// The writer of the input is gone from the start.
static uint32_t input_ready(struct open_file *file) {
  (void)file;
  return input.length > 0 ? POLLIN | POLLRDNORM | POLLHUP : POLLHUP;
}

static int64_t output_write(struct open_file *file, uint64_t offset, const void *from, uint64_t length) {
  (void)offset;
  struct content *content = &file->node->content;
  int64_t error = content_write(content, content->size, from, length);
  return error < 0 ? error : (int64_t)length;
}

static uint32_t output_ready(struct open_file *file) {
  (void)file;
  return POLLOUT | POLLWRNORM;
}

static const struct behaviour kInput = {
    .seeking = SEEKS_NOT, .available = input_available, .read = input_read, .ready = input_ready};
static const struct behaviour kOutput = {.seeking = SEEKS_NOT, .write = output_write, .ready = output_ready};

static struct node *open_stream(uint32_t descriptor, const struct behaviour *behaviour, uint32_t flags) {
  struct node *node = node_new(behaviour, STORE_STREAM, S_IFIFO | 0600);
  descriptor_open(descriptor, node, flags);
  return node;
}

// Outputs are held beyond the program's end, for files_output.
static void replace_output(int index) {
  if (outputs[index] != NULL) node_release(outputs[index]);
  outputs[index] = node_hold(open_stream((uint32_t)index + 1, &kOutput, O_WRONLY));
}

void stream_start(const uint8_t *bytes, size_t length) {
  input = (struct bytes){bytes, length};
  (void)open_stream(0, &kInput, O_RDONLY);
  replace_output(0);
  replace_output(1);
}

void files_complain(const char *message) {
  struct content *errors = &outputs[1]->content;
  (void)content_write(errors, errors->size, message, strlen(message));
}

struct bytes files_output(int descriptor) {
  const struct node *node = descriptor == 1 || descriptor == 2 ? outputs[descriptor - 1] : NULL;
  return node == NULL ? (struct bytes){0} : (struct bytes){node->content.data, node->content.size};
}
