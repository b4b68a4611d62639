// The names of a directory: an array in the order of their creation, with a hash table over it. Each entry has a cookie
// that only grows, so that a program can list a directory while it changes.
#ifndef COLONY_LINUX_DIRECTORY_H
#define COLONY_LINUX_DIRECTORY_H

#include "../kernel.h"

enum { LONGEST_NAME = 255, FIRST_COOKIE = 3 };

struct node;
struct mount;

struct name {
  const char *text;
  size_t length;
};

enum entry_state {
  ENTRY_NODE,     // it has a node
  ENTRY_UNKNOWN,  // the host has it; no node was needed yet
  ENTRY_ABSENT,   // the host does not have it
};

struct entry {
  char *text;  // NULL: removed
  uint32_t length, hash;
  enum entry_state state;
  uint8_t type;  // DT_*, for a node that is not there yet
  uint64_t cookie, number;
  struct node *node;
  struct mount *mount;  // of a name where the host's files begin
};

// Finds names that are not in the array.
struct source {
  // Returns the error of a name that does not exist.
  int64_t (*find)(struct node *directory, struct name name, struct node **node);
  // Puts all names into the array.
  int64_t (*list)(struct node *directory);
};

struct directory {
  struct entry *entries;
  uint32_t *slots;  // indices of entries, plus 1
  uint32_t count, room, live, subdirectories;
  uint64_t last_cookie;
  const struct source *source;
  bool complete;  // the source has nothing more
  bool removed;
};

bool name_is(struct name name, const char *text);
struct name name_of(const char *text);

// Any entry of the name, or NULL. An entry's address changes when another is added.
struct entry *directory_entry(struct directory *directory, struct name name);
struct entry *directory_add(struct directory *directory, struct name name);
void directory_remove(struct directory *directory, struct entry *entry);
// The next entry that is not absent.
struct entry *directory_after(struct directory *directory, uint64_t cookie);
bool directory_is_empty(struct directory *directory);
void directory_free(struct directory *directory);

// Returns 0 and the node of a name, or -ENOENT, -ENAMETOOLONG or an error of the host.
int64_t directory_find(struct node *node, struct name name, struct node **found);
int64_t directory_list(struct node *node);

#endif
