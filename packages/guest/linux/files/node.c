#include "node.h"

#include <asm/errno.h>
#include <linux/stat.h>

#include "../process/process.h"

uint32_t current_call;
struct node *root_node, *working_node;

uint64_t node_number(void) {
  static uint64_t last;
  return ++last;
}

struct moment moment_now(void) {
  uint64_t now = clock_real();
  return (struct moment){(int64_t)(now / 1000000000), (uint32_t)(now % 1000000000)};
}

struct node *node_new(const struct behaviour *behaviour, enum store store, uint32_t mode) {
  struct node *node = kernel_allocate(sizeof *node);
  node->behaviour = behaviour;
  node->store = store;
  node->mode = mode;
  node->number = node_number();
  node->accessed = node->modified = node->changed = moment_now();
  return node;
}

static const char *link_target(struct node *node) { return (const char *)node->content.data; }

const struct behaviour kLink = {.target = link_target};

struct node *node_new_link(enum store store, const char *target) {
  struct node *node = node_new(&kLink, store, S_IFLNK | 0777);
  size_t length = strlen(target);
  (void)content_write(&node->content, 0, target, length + 1);
  node->content.size = length;
  return node;
}

void node_changed(struct node *node) { node->changed = moment_now(); }

void node_modified(struct node *node) {
  node->modified = node->changed = moment_now();
  node->call = current_call;
}

void node_inherit(struct node *node, const struct node *directory) {
  if ((directory->mode & S_ISGID) == 0) return;
  node->group = directory->group;
  if (is_directory(node)) node->mode |= S_ISGID;
}

struct node *node_hold(struct node *node) {
  node->holds++;
  return node;
}

struct mount *mount_hold(struct mount *mount) {
  if (mount != NULL) mount->holds++;
  return mount;
}

void mount_release(struct mount *mount) {
  if (mount == NULL || --mount->holds > 0) return;
  kernel_free(mount->path);
  kernel_free(mount);
}

static void free_node(struct node *node) {
  mount_release(node->mount);
  content_free(&node->content);
  directory_free(&node->directory);
  kernel_free(node->name);
  kernel_free(node->path);
  kernel_free(node);
}

static bool is_unused(const struct node *node) { return node->holds == 0 && node->links == 0; }

// A node that goes lets its parent go, which may be the last to hold it, and so on.
static void free_if_unused(struct node *node) {
  while (node != NULL && is_unused(node)) {
    struct node *parent = node->parent;
    free_node(node);
    if (parent != NULL) parent->holds--;
    node = parent;
  }
}

void node_release(struct node *node) {
  node->holds--;
  free_if_unused(node);
}

static void set_parent(struct node *node, struct node *parent, struct name name) {
  struct node *before = node->parent;
  node->parent = node_hold(parent);
  kernel_free(node->name);
  node->name = kernel_allocate(name.length + 1);
  memcpy(node->name, name.text, name.length);
  if (before != NULL) node_release(before);
}

// The entry of a name that gets a node: a new one, or one that was absent or unknown.
static struct entry *entry_for(struct directory *directory, struct name name) {
  struct entry *entry = directory_entry(directory, name);
  return entry != NULL ? entry : directory_add(directory, name);
}

int64_t node_link(struct node *directory, struct name name, struct node *node) {
  if (directory->directory.removed) return -ENOENT;
  struct entry *entry = entry_for(&directory->directory, name);
  entry->state = ENTRY_NODE;
  entry->node = node;
  entry->number = node->number;
  node->links++;
  if (is_directory(node)) directory->directory.subdirectories++;
  set_parent(node, directory, name);
  return 0;
}

void node_unlink(struct node *directory, struct entry *entry) {
  struct node *node = entry->node;
  directory_remove(&directory->directory, entry);
  node->links--;
  if (is_directory(node)) directory->directory.subdirectories--;
  free_if_unused(node);
}

struct tour tour_of(struct node *top) { return (struct tour){.top = top, .at = top}; }

void tour_skip(struct tour *tour) { tour->next = NULL; }

static void tour_enter(struct tour *tour) {
  if (tour->next == NULL) return;
  tour->at = tour->next;
  tour->cookie = 0;
  tour->next = NULL;
}

static void tour_leave(struct tour *tour) {
  struct node *parent = tour->at->parent;
  tour->cookie = directory_entry(&parent->directory, name_of(tour->at->name))->cookie;
  tour->at = parent;
}

struct entry *tour_step(struct tour *tour) {
  tour_enter(tour);
  for (;;) {
    struct entry *entry = directory_after(&tour->at->directory, tour->cookie);
    if (entry == NULL && tour->at == tour->top) return NULL;
    if (entry == NULL) tour_leave(tour);
    else tour->cookie = entry->cookie;
    if (entry == NULL || entry->state != ENTRY_NODE) continue;
    if (is_directory(entry->node)) tour->next = entry->node;
    return entry;
  }
}

static char *put_before(char *at, const char *room, struct name name) {
  if ((size_t)(at - room) < name.length + 1) return NULL;
  at -= name.length;
  memcpy(at, name.text, name.length);
  *--at = '/';
  return at;
}

char *node_path(const struct node *node, char room[LONGEST_PATH]) {
  char *at = room + LONGEST_PATH - 1;
  *at = '\0';
  if (node == root_node) return put_before(at, room, name_of(""));
  for (; node != root_node && at != NULL; node = node->parent) {
    if (node->links == 0 || node->parent == NULL) return NULL;
    at = put_before(at, room, name_of(node->name));
  }
  return at;
}
