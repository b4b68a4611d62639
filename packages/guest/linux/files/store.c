// Who may change what. Memory takes every change. The program's set is read-only. A granted directory takes what the
// policy's capability can do, which is to write whole files.
#include <asm/errno.h>

#include "node.h"

static int64_t refusal(const struct node *node, const struct mount *mount, int64_t of_writable) {
  if (mount != NULL) return mount->writable ? of_writable : -EROFS;
  return node->store == STORE_PROC ? -EROFS : 0;
}

static const struct mount *mount_of_name(struct node *directory, struct name name) {
  const struct entry *entry = directory_entry(&directory->directory, name);
  return entry != NULL && entry->mount != NULL ? entry->mount : directory->mount;
}

int64_t store_refuses_write(const struct node *node) { return refusal(node, node->mount, 0); }

int64_t store_refuses_change(const struct node *node) { return refusal(node, node->mount, -EPERM); }

int64_t store_refuses_name(struct node *directory, struct name name) {
  return refusal(directory, mount_of_name(directory, name), -EPERM);
}

int64_t store_refuses_file(struct node *directory, struct name name) {
  return refusal(directory, mount_of_name(directory, name), 0);
}
