#include "path.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "descriptor.h"

static void begin(struct walk *walk, struct node *from, const char *path) {
  walk->at = *path == '/' ? root_node : from;
  walk->rest[0] = path;
  walk->depth = walk->links = 0;
  walk->slash = false;
}

static const char *skip_slashes(const char *text) {
  while (*text == '/') text++;
  return text;
}

// Takes the next name. False if nothing remains.
static bool take_name(struct walk *walk) {
  for (;;) {
    const char *text = skip_slashes(walk->rest[walk->depth]);
    walk->rest[walk->depth] = text;
    if (*text != '\0') break;
    if (walk->depth == 0) return false;
    walk->depth--;
  }
  const char *end = walk->rest[walk->depth];
  while (*end != '\0' && *end != '/') end++;
  walk->last = (struct name){walk->rest[walk->depth], (size_t)(end - walk->rest[walk->depth])};
  walk->rest[walk->depth] = end;
  return true;
}

// True if no name remains. Slashes may.
static bool at_end(const struct walk *walk) {
  for (int i = walk->depth; i >= 0; i--) {
    if (*skip_slashes(walk->rest[i]) != '\0') return false;
  }
  return true;
}

static bool slashes_remain(const struct walk *walk) {
  for (int i = walk->depth; i >= 0; i--) {
    if (*walk->rest[i] == '/') return true;
  }
  return false;
}

static enum last_kind kind_of(struct name name) {
  if (name_is(name, ".")) return LAST_DOT;
  return name_is(name, "..") ? LAST_DOT_DOT : LAST_NAME;
}

static struct node *parent_of(struct node *node) { return node->parent == NULL ? node : node->parent; }

static int64_t look_up(struct walk *walk, struct node **node) {
  if (!is_directory(walk->at)) return -ENOTDIR;
  if (walk->kind == LAST_NAME) return directory_find(walk->at, walk->last, node);
  *node = walk->kind == LAST_DOT_DOT ? parent_of(walk->at) : walk->at;
  return 0;
}

// Puts a link's text in front of what remains, or goes to its node.
static int64_t follow_link(struct walk *walk, struct node *link, struct node **direct) {
  if (walk->links++ >= MOST_LINKS) return -ELOOP;
  *direct = NULL;
  if (link->behaviour->leads_to != NULL) {
    *direct = link->behaviour->leads_to(link);
    return *direct == NULL ? -ENOENT : 0;
  }
  const char *target = link->behaviour->target(link);
  if (*target == '/') walk->at = root_node;
  walk->rest[++walk->depth] = target;
  return 0;
}

static int64_t enter(struct walk *walk) {
  struct node *node = NULL;
  int64_t error = look_up(walk, &node);
  if (error < 0) return error;
  if (is_link(node)) {
    error = follow_link(walk, node, &node);
    if (error < 0 || node == NULL) return error;
  }
  if (!is_directory(node)) return -ENOTDIR;
  walk->at = node;
  return 0;
}

int64_t walk_parent(struct walk *walk) {
  for (;;) {
    walk->kind = LAST_ROOT;
    if (!take_name(walk)) return 0;
    walk->kind = kind_of(walk->last);
    if (at_end(walk)) break;
    int64_t error = enter(walk);
    if (error < 0) return error;
  }
  walk->slash |= slashes_remain(walk);
  return is_directory(walk->at) ? 0 : -ENOTDIR;
}

int64_t walk_last(struct walk *walk, bool follow, struct node **node) {
  for (;;) {
    *node = NULL;
    if (walk->creates && walk->slash && walk->kind == LAST_NAME) return -EISDIR;
    int64_t error = look_up(walk, node);
    if (error == -ENOENT && walk->kind == LAST_NAME && !walk->at->directory.removed) return 0;
    if (error < 0) return error;
    if (!is_link(*node) || (!follow && !walk->slash)) break;
    struct node *direct = NULL;
    error = follow_link(walk, *node, &direct);
    *node = direct;
    if (error < 0) return error;
    if (direct != NULL) break;
    error = walk_parent(walk);
    if (error < 0) return error;
  }
  return walk->slash && !is_directory(*node) ? -ENOTDIR : 0;
}

static int64_t node_of_descriptor(uint64_t descriptor, struct node **node) {
  *node = working_node;
  if ((int32_t)descriptor == AT_FDCWD) return 0;
  const struct open_file *file = descriptor_place(descriptor);
  if (file == NULL) return -EBADF;
  *node = file->node;
  return 0;
}

int64_t walk_user(struct walk *walk, uint64_t descriptor, uint64_t address, bool allow_empty) {
  int64_t length = user_text(address, walk->path, sizeof walk->path);
  if (length < 0) return length;
  if (length == 0 && !allow_empty) return -ENOENT;
  if (length > 0) files_need_grants();
  struct node *from = root_node;
  int64_t error = walk->path[0] == '/' ? 0 : node_of_descriptor(descriptor, &from);
  if (error == 0 && length > 0 && !is_directory(from)) error = -ENOTDIR;
  if (error < 0) return error;
  begin(walk, from, walk->path);
  walk->creates = false;
  return 0;
}

static int64_t finish(struct walk *walk, bool follow, struct node **node) {
  int64_t error = walk_parent(walk);
  if (error == 0) error = walk_last(walk, follow, node);
  return error == 0 && *node == NULL ? -ENOENT : error;
}

int64_t path_user(uint64_t descriptor, uint64_t address, uint32_t flags, struct node **node) {
  struct walk walk;
  int64_t error = walk_user(&walk, descriptor, address, (flags & AT_EMPTY_PATH) != 0);
  if (error < 0) return error;
  *node = walk.at;
  return walk.path[0] == '\0' ? 0 : finish(&walk, (flags & AT_SYMLINK_NOFOLLOW) == 0, node);
}

int64_t path_find(struct node *from, const char *path, bool follow, struct node **node) {
  struct walk walk;
  begin(&walk, from, path);
  walk.creates = false;
  return finish(&walk, follow, node);
}

// Enters a name, which may be a link, or makes a directory of it.
static struct node *make_step(struct node *at, struct name name) {
  char text[LONGEST_NAME + 1];
  struct node *node = NULL;
  if (name.length > LONGEST_NAME) return NULL;
  memcpy(text, name.text, name.length);
  text[name.length] = '\0';
  int64_t error = path_find(at, text, true, &node);
  if (error == 0) return is_directory(node) ? node : NULL;
  const struct entry *entry = directory_entry(&at->directory, name);
  if (error != -ENOENT || (entry != NULL && entry->state != ENTRY_ABSENT)) return NULL;
  node = node_new(&kDirectory, STORE_MEMORY, S_IFDIR | 0755);
  return node_link(at, name, node) == 0 ? node : NULL;
}

struct node *path_make_way(const char *path, struct name *last) {
  struct walk walk;
  begin(&walk, root_node, path);
  while (take_name(&walk)) {
    *last = walk.last;
    if (at_end(&walk)) return walk.at;
    walk.at = make_step(walk.at, walk.last);
    if (walk.at == NULL) return NULL;
  }
  return NULL;
}
