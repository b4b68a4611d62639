#include "remote.h"

#include <asm/errno.h>
#include <linux/stat.h>

enum { TYPE_DIRECTORY = 4, TYPE_REGULAR = 8, TYPE_LINK = 10 };  // DT_*

static enum host_store host_store(const struct mount *mount) {
  return mount->store == STORE_SET ? HOST_SET : HOST_GRANTED;
}

// Writes the host's path of a name. False if it is too long.
static bool host_path(const struct node *directory, struct name name, char to[LONGEST_PATH]) {
  size_t length = strlen(directory->path);
  if (length == 1) length = 0;  // "/"
  if (length + 1 + name.length >= LONGEST_PATH) return false;
  memcpy(to, directory->path, length);
  to[length] = '/';
  memcpy(to + length + 1, name.text, name.length);
  to[length + 1 + name.length] = '\0';
  return true;
}

static char *copy_text(const char *text) {
  size_t length = strlen(text) + 1;
  char *copy = kernel_allocate(length);
  memcpy(copy, text, length);
  return copy;
}

static int64_t list(struct node *directory);
static const struct source kRemote = {.find = remote_find, .list = list};

static struct moment moment_of(int64_t milliseconds) {
  int64_t seconds = milliseconds / 1000;
  int64_t rest = milliseconds % 1000;
  if (rest < 0) seconds--, rest += 1000;
  return (struct moment){seconds, (uint32_t)rest * 1000000};
}

static struct node *new_node(const struct mount *mount, const struct host_entry *entry) {
  if (entry->kind == HOST_LINK) return node_new_link(mount->store, entry->path);
  bool file = entry->kind == HOST_FILE;
  uint32_t mode = (entry->permissions & 07777) | (file ? S_IFREG : S_IFDIR);
  struct node *node = node_new(file ? &kRegular : &kDirectory, mount->store, mode);
  if (file) node->content.size = entry->size;
  else node->directory.source = &kRemote;
  return node;
}

static struct node *node_of(struct mount *mount, const char *path, const struct host_entry *entry) {
  struct node *node = new_node(mount, entry);
  bool canonical = mount->store == STORE_SET && entry->kind != HOST_LINK;
  node->mount = mount_hold(mount);
  node->path = copy_text(canonical ? entry->path : path);
  node->accessed = node->modified = node->changed = moment_of(entry->modified);
  return node;
}

static void remember_absence(struct directory *directory, struct name name) {
  struct entry *entry = directory_entry(directory, name);
  if (entry == NULL) entry = directory_add(directory, name);
  entry->state = ENTRY_ABSENT;
}

static void put(struct node *directory, struct name name, struct node *node) {
  const struct entry *entry = directory_entry(&directory->directory, name);
  if (entry != NULL && entry->number != 0) node->number = entry->number;
  (void)node_link(directory, name, node);
}

int64_t remote_find(struct node *directory, struct name name, struct node **node) {
  static struct host_entry answer;
  char room[LONGEST_PATH];
  const struct entry *entry = directory_entry(&directory->directory, name);
  bool begins_here = entry != NULL && entry->mount != NULL;
  struct mount *mount = begins_here ? entry->mount : directory->mount;
  if (!begins_here && !host_path(directory, name, room)) return -ENAMETOOLONG;
  const char *path = begins_here ? mount->path : room;
  int64_t error = host_look(host_store(mount), path, false, &answer);
  if (error == -ENOENT) remember_absence(&directory->directory, name);
  if (error < 0) return error;
  *node = node_of(mount, path, &answer);
  put(directory, name, *node);
  return 0;
}

static void visit(void *context, const char *text, size_t length, enum host_kind kind) {
  struct directory *directory = &((struct node *)context)->directory;
  struct name name = {text, length};
  struct entry *entry = directory_entry(directory, name);
  if (entry != NULL && entry->state != ENTRY_ABSENT) return;
  if (entry == NULL) entry = directory_add(directory, name);
  entry->state = ENTRY_UNKNOWN;
  entry->number = node_number();
  entry->type = kind == HOST_FILE ? TYPE_REGULAR : kind == HOST_LINK ? TYPE_LINK : TYPE_DIRECTORY;
}

static int64_t list(struct node *directory) {
  int64_t error = host_list(host_store(directory->mount), directory->path, visit, directory);
  if (error < 0) return error;
  directory->directory.complete = true;
  return 0;
}

// Reads until the size, or the end if the file became shorter.
static int64_t read_whole(struct node *node) {
  struct content *content = &node->content;
  uint64_t size = content->size;
  content->data = kernel_resize(content->data, size == 0 ? 1 : size);
  if (content->data == NULL) return -ENOMEM;
  content->room = size;
  content->filled = 0;
  while (content->filled < size) {
    int64_t got = host_read(host_store(node->mount), node->path, content->filled, content->data + content->filled,
                            size - content->filled);
    if (got < 0) return got;
    if (got == 0) break;
    content->filled += (uint64_t)got;
  }
  content->size = content->filled;
  return 0;
}

int64_t remote_load(struct node *node) {
  if (node->mount == NULL || node->loaded) return 0;
  int64_t error = read_whole(node);
  if (error == 0) node->loaded = true;
  return error;
}

int64_t remote_save(struct node *node) {
  if (node->store != STORE_GRANTED || !node->unsaved) return 0;
  int64_t error = content_fill(&node->content);
  if (error == 0) error = host_write(node->path, node->content.data, node->content.size);
  if (error < 0) return error;
  node->unsaved = false;
  return 0;
}

struct node *remote_new_file(struct node *directory, struct name name, uint32_t mode) {
  char room[LONGEST_PATH];
  const struct entry *entry = directory_entry(&directory->directory, name);
  bool begins_here = entry != NULL && entry->mount != NULL;
  if (!begins_here && !host_path(directory, name, room)) return NULL;
  struct node *node = node_new(&kRegular, STORE_GRANTED, mode);
  node->mount = mount_hold(begins_here ? entry->mount : directory->mount);
  node->path = copy_text(begins_here ? entry->mount->path : room);
  node->loaded = node->unsaved = true;
  return node;
}

const struct source *remote_source(void) { return &kRemote; }
