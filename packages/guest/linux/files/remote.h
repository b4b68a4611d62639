// Files of the host: the program's read-only set, and the directories that the policy grants. They are asked for when
// a program needs them, and stay in the tree, as does the knowledge that a name does not exist.
#ifndef COLONY_LINUX_REMOTE_H
#define COLONY_LINUX_REMOTE_H

#include "node.h"

int64_t remote_find(struct node *directory, struct name name, struct node **node);
// Reads the whole content, once. Files in memory have theirs.
int64_t remote_load(struct node *node);
// Writes the content back if it changed since.
int64_t remote_save(struct node *node);
// Makes a granted file that the host does not have yet.
struct node *remote_new_file(struct node *directory, struct name name, uint32_t mode);

// The source of names in a directory of the host.
const struct source *remote_source(void);

void remote_mount(const struct host_root *root);
// Forgets the granted directories, because each call has its own.
void remote_unmount_granted(void);

#endif
