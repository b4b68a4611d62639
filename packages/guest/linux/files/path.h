// Resolution of paths, as path_resolution(7) has it.
#ifndef COLONY_LINUX_PATH_H
#define COLONY_LINUX_PATH_H

#include "node.h"

enum { MOST_LINKS = 40 };

enum last_kind { LAST_NAME, LAST_DOT, LAST_DOT_DOT, LAST_ROOT };

// A walk along a path. Links do not copy text: what remains of each path is kept, the innermost last.
struct walk {
  struct node *at;
  const char *rest[MOST_LINKS + 1];
  int depth, links;
  // The last name of the path, once all before it are resolved. A file may be created there.
  enum last_kind kind;
  struct name last;
  bool slash;    // slashes follow the last name
  bool creates;  // open with O_CREAT: slashes are EISDIR
  char path[LONGEST_PATH];
};

// Begins at a directory descriptor with a path in the program's memory. An empty path is ENOENT, unless it is allowed:
// then the node is that of the descriptor.
int64_t walk_user(struct walk *walk, uint64_t descriptor, uint64_t address, bool allow_empty);
// Goes to the directory of the last name.
int64_t walk_parent(struct walk *walk);
// Resolves the last name. The node is NULL if the name does not exist in its directory.
int64_t walk_last(struct walk *walk, bool follow, struct node **node);

// The existing node of a path. `flags` are AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH.
int64_t path_user(uint64_t descriptor, uint64_t address, uint32_t flags, struct node **node);
int64_t path_find(struct node *from, const char *path, bool follow, struct node **node);
// The directory and last name of an absolute path, with directories made where they are missing. NULL if one is a file.
struct node *path_make_way(const char *path, struct name *last);

#endif
