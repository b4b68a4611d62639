// Whole files, for the other rooms: programs that come with the call, execution, mmap, and what a program left.
#include <asm/errno.h>
#include <linux/stat.h>

#include "descriptor.h"
#include "path.h"
#include "remote.h"

static int64_t new_file(struct node *directory, struct name name, struct node **node) {
  int64_t error = directory_find(directory, name, node);
  if (error == 0) return is_regular(*node) && (*node)->mount == NULL ? 0 : -EEXIST;
  if (error != -ENOENT) return error;
  *node = node_new(&kRegular, STORE_MEMORY, S_IFREG | 0755);
  return node_link(directory, name, *node);
}

int64_t files_put(const char *path, const void *content, size_t length) {
  struct name name;
  struct node *node = NULL;
  struct node *directory = path_make_way(path, &name);
  if (directory == NULL) return -ENOTDIR;
  int64_t error = new_file(directory, name, &node);
  if (error < 0) return error;
  content_resize(&node->content, 0);
  node->call = 0;
  return content_write(&node->content, 0, content, length);
}

static int64_t whole(struct node *node, struct bytes *content) {
  int64_t error = remote_load(node);
  if (error == 0) error = content_fill(&node->content);
  if (error < 0) return error == -ENOSPC ? -ENOMEM : error;
  *content = (struct bytes){node->content.data, node->content.size};
  return 0;
}

int64_t files_content(const char *path, struct bytes *content) {
  struct node *node = NULL;
  int64_t error = path_find(working_node, path, true, &node);
  if (error < 0) return error;
  return is_regular(node) ? whole(node, content) : -EACCES;
}

int64_t files_mapped(uint64_t descriptor, struct bytes *content) {
  const struct open_file *file = descriptor_file(descriptor);
  if (file == NULL) return -EBADF;
  if (!file_reads(file)) return -EACCES;
  return is_regular(file->node) ? whole(file->node, content) : -ENODEV;
}

static bool is_hidden(const struct node *node) {
  return node->parent == root_node && (strcmp(node->name, "dev") == 0 || strcmp(node->name, "proc") == 0);
}

static bool is_changed(const struct node *node) {
  return is_regular(node) && node->store == STORE_MEMORY && node->call == current_call && current_call > 0;
}

// Writes the path of an entry. A file's own path may be another: it may have several names.
static bool path_of(const struct node *directory, const struct entry *entry, char path[LONGEST_PATH]) {
  char room[LONGEST_PATH];
  const char *text = directory == root_node ? "" : node_path(directory, room);
  if (text == NULL) return false;
  struct name parent = name_of(text);
  if (parent.length + 1 + entry->length >= LONGEST_PATH) return false;
  memcpy(path, parent.text, parent.length);
  path[parent.length] = '/';
  memcpy(path + parent.length + 1, entry->text, entry->length + 1);
  return true;
}

void files_changed(files_visit *visit, void *context) {
  char path[LONGEST_PATH];
  struct tour tour = tour_of(root_node);
  for (const struct entry *entry; (entry = tour_step(&tour)) != NULL;) {
    struct bytes content;
    if (is_hidden(entry->node)) tour_skip(&tour);
    if (!is_changed(entry->node) || !path_of(tour.at, entry, path)) continue;
    if (whole(entry->node, &content) == 0) visit(context, path, content);
  }
}
