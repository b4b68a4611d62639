#include "descriptor.h"

#include <asm/errno.h>
#include <linux/fcntl.h>

#include "ready.h"

static struct {
  struct open_file *file;
  bool close_on_exec;
} descriptors[MOST_DESCRIPTORS];

int64_t file_open(struct node *node, uint32_t flags, struct open_file **file) {
  bool only_names = (flags & O_PATH) != 0;
  if (!only_names && node->behaviour->open != NULL) {
    int64_t error = node->behaviour->open(&node, flags);
    if (error < 0) return error;
  }
  *file = kernel_allocate(sizeof **file);
  **file = (struct open_file){.node = node_hold(node), .flags = flags};
  if (!only_names && node->behaviour->opened != NULL) node->behaviour->opened(*file);
  return 0;
}

static int64_t file_close(struct open_file *file) {
  epoll_forget(file);
  const struct behaviour *behaviour = file->node->behaviour;
  int64_t error = behaviour->closed != NULL && (file->flags & O_PATH) == 0 ? behaviour->closed(file) : 0;
  node_release(file->node);
  kernel_free(file);
  return error;
}

static int64_t end_use(struct open_file *file) { return --file->uses == 0 ? file_close(file) : 0; }

static struct open_file *first_held;

static void list_held(struct open_file *file) {
  file->next_held = first_held;
  file->held_at = &first_held;
  if (first_held != NULL) first_held->held_at = &file->next_held;
  first_held = file;
}

static void unlist_held(struct open_file *file) {
  *file->held_at = file->next_held;
  if (file->next_held != NULL) file->next_held->held_at = file->held_at;
}

void file_hold(struct open_file *file) {
  if (file->holds++ == 0) list_held(file);
  file->uses++;
}

void file_let_go(struct open_file *file) {
  if (--file->holds == 0) unlist_held(file);
  (void)end_use(file);
}

void file_let_all_go(void) {
  while (first_held != NULL) file_let_go(first_held);
}

int64_t file_during(struct open_file *file, file_call *call, const uint64_t a[6]) {
  file_hold(file);
  int64_t result = call(file, a);
  file_let_go(file);
  return result;
}

int64_t descriptor_free(uint32_t least) {
  for (uint32_t i = least; i < MOST_DESCRIPTORS; i++) {
    if (descriptors[i].file == NULL) return i;
  }
  return -EMFILE;
}

void descriptor_set(uint32_t descriptor, struct open_file *file, bool close_on_exec) {
  file->uses++;
  descriptors[descriptor].file = file;
  descriptors[descriptor].close_on_exec = close_on_exec;
}

void descriptor_open(uint32_t descriptor, struct node *node, uint32_t flags) {
  struct open_file *file = NULL;
  (void)file_open(node, flags & ~(uint32_t)O_CLOEXEC, &file);
  descriptor_set(descriptor, file, (flags & O_CLOEXEC) != 0);
}

int64_t descriptor_close(uint32_t descriptor) {
  struct open_file *file = descriptor_place(descriptor);
  if (file == NULL) return -EBADF;
  descriptors[descriptor].file = NULL;
  return end_use(file);
}

void descriptor_close_all(void) {
  for (uint32_t i = 0; i < MOST_DESCRIPTORS; i++) (void)descriptor_close(i);
}

bool descriptor_closes_on_exec(uint32_t descriptor) { return descriptors[descriptor].close_on_exec; }

void descriptor_set_close_on_exec(uint32_t descriptor, bool close_on_exec) {
  descriptors[descriptor].close_on_exec = close_on_exec;
}

bool file_reads(const struct open_file *file) {
  uint32_t access = file->flags & O_ACCMODE;
  return (file->flags & O_PATH) == 0 && (access == O_RDONLY || access == O_RDWR);
}

bool file_writes(const struct open_file *file) {
  uint32_t access = file->flags & O_ACCMODE;
  return (file->flags & O_PATH) == 0 && (access == O_WRONLY || access == O_RDWR);
}

bool file_is_nonblocking(const struct open_file *file) { return (file->flags & O_NONBLOCK) != 0; }

struct open_file *descriptor_place(uint64_t descriptor) {
  uint32_t index = (uint32_t)descriptor;
  return index < MOST_DESCRIPTORS ? descriptors[index].file : NULL;
}

struct open_file *descriptor_file(uint64_t descriptor) {
  struct open_file *file = descriptor_place(descriptor);
  return file != NULL && (file->flags & O_PATH) == 0 ? file : NULL;
}

struct open_file *descriptor_reader(uint64_t descriptor) {
  struct open_file *file = descriptor_file(descriptor);
  return file != NULL && file_reads(file) ? file : NULL;
}

struct open_file *descriptor_writer(uint64_t descriptor) {
  struct open_file *file = descriptor_file(descriptor);
  return file != NULL && file_writes(file) ? file : NULL;
}
