// Names that calls make and take away.
#ifndef COLONY_LINUX_CHANGE_H
#define COLONY_LINUX_CHANGE_H

#include "path.h"

// Goes to the place of a new name. Returns EEXIST if it is taken, and ENOENT for slashes
// after the name of a new file.
int64_t place_for_new(struct walk *walk, bool directory);
// The entry and node of an existing name.
int64_t existing(struct walk *walk, struct node **node);
// Only memory removes names, and no place where the host's files begin.
int64_t check_removal(struct node *directory, const struct node *node);
struct entry *entry_of(const struct walk *walk);

#endif
