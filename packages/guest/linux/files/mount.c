// Puts the host's files into the tree. The names on the way there are directories in memory, if the host has none.
#include <linux/stat.h>

#include "path.h"
#include "remote.h"

// A granted path of this call, and the node that it hides until the call ends.
struct grant {
  struct mount *mount;
  struct node *directory, *covered;
  struct name name;
};

static struct grant grants[HOST_MOST_ROOTS];
static size_t grant_count;

static char *copy_of(struct name name) {
  char *copy = kernel_allocate(name.length + 1);
  memcpy(copy, name.text, name.length);
  return copy;
}

static struct mount *new_mount(const struct host_root *root) {
  struct mount *mount = kernel_allocate(sizeof *mount);
  mount->holds = 1;
  mount->store = root->store == HOST_SET ? STORE_SET : STORE_GRANTED;
  mount->writable = root->store == HOST_GRANTED && root->writable;
  mount->path = copy_of(name_of(root->path));
  return mount;
}

// The whole tree is the host's. Names that memory has already, such as /dev, stay.
static void mount_root(const struct host_root *root) {
  struct mount *mount = new_mount(root);
  root_node->mount = mount;
  root_node->store = mount->store;
  root_node->path = copy_of(name_of(mount->path));
  root_node->directory.source = remote_source();
}

// Returns the node that the name had before.
static struct node *cover(struct node *directory, struct name name, struct mount *mount) {
  struct entry *entry = directory_entry(&directory->directory, name);
  if (entry == NULL) entry = directory_add(&directory->directory, name);
  struct node *covered = entry->state == ENTRY_NODE ? entry->node : NULL;
  entry->state = ENTRY_UNKNOWN;
  entry->node = NULL;
  entry->number = node_number();
  entry->mount = mount;
  return covered;
}

static void remember(const struct grant *grant) {
  if (grant_count == HOST_MOST_ROOTS) kernel_panic("the policy grants too many directories");
  grants[grant_count] = *grant;
  grants[grant_count].name.text = copy_of(grant->name);
  node_hold(grant->directory);
  grant_count++;
}

void remote_mount(const struct host_root *root) {
  struct grant grant = {0};
  if (strcmp(root->path, "/") == 0) {
    if (root_node->mount == NULL) mount_root(root);
    return;
  }
  grant.directory = path_make_way(root->path, &grant.name);
  if (grant.directory == NULL) return;
  grant.mount = new_mount(root);
  grant.covered = cover(grant.directory, grant.name, grant.mount);
  if (root->store == HOST_GRANTED) remember(&grant);
}

static struct node *drop_and_leave(struct node *directory) {
  struct node *parent = directory->parent;
  node_unlink(parent, directory_entry(&parent->directory, name_of(directory->name)));
  return parent;
}

// Without recursion, because a tree may be deep.
static void drop_children(struct node *top) {
  struct node *at = top;
  for (;;) {
    at->directory.source = NULL;  // what remains without a name finds nothing any more
    struct entry *entry = directory_after(&at->directory, 0);
    if (entry == NULL && at == top) return;
    if (entry == NULL) at = drop_and_leave(at);
    else if (entry->state != ENTRY_NODE) directory_remove(&at->directory, entry);
    else if (is_directory(entry->node)) at = entry->node;
    else node_unlink(at, entry);
  }
}

// The entry stays where something was before.
static void clear(struct node *directory, struct entry *entry) {
  if (entry->state != ENTRY_NODE) return directory_remove(&directory->directory, entry);
  if (is_directory(entry->node)) drop_children(entry->node);
  node_unlink(directory, entry);
}

static void uncover(struct grant *grant) {
  struct entry *entry = directory_entry(&grant->directory->directory, grant->name);
  if (entry != NULL) clear(grant->directory, entry);
  if (grant->covered != NULL) {
    grant->covered->links--;
    if (is_directory(grant->covered)) grant->directory->directory.subdirectories--;
    (void)node_link(grant->directory, grant->name, grant->covered);
  }
  mount_release(grant->mount);
  kernel_free((char *)grant->name.text);
  node_release(grant->directory);
}

static bool is_of_root(const struct entry *entry) {
  if (entry->text == NULL || entry->mount != NULL) return false;
  return entry->state != ENTRY_NODE || entry->node->store == STORE_GRANTED;
}

static void unmount_root(void) {
  struct directory *directory = &root_node->directory;
  for (uint32_t i = 0; i < directory->count; i++) {
    if (is_of_root(&directory->entries[i])) clear(root_node, &directory->entries[i]);
  }
  mount_release(root_node->mount);
  kernel_free(root_node->path);
  root_node->mount = NULL;
  root_node->path = NULL;
  root_node->store = STORE_MEMORY;
  directory->source = NULL;
  directory->complete = false;
}

// Nodes that are open or a working directory remain without names. In reverse, because one granted directory may lie in another.
void remote_unmount_granted(void) {
  while (grant_count > 0) uncover(&grants[--grant_count]);
  if (root_node->store == STORE_GRANTED) unmount_root();
}
