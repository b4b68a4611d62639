// getdents64.
#include <asm/errno.h>

#include "descriptor.h"
#include "user.h"

// A record of getdents64, before its name.
struct record {
  uint64_t number;
  int64_t next;
  uint16_t length;
  uint8_t type;
} __attribute__((packed));

struct listing {
  uint64_t address, room, used;
};

static uint8_t type_of(const struct node *node) { return (uint8_t)(node->mode >> 12 & 15); }

// Returns 0, or EINVAL if there is no room for it.
static int64_t put(struct listing *listing, struct record record, struct name name) {
  uint64_t length = (sizeof record + name.length + 1 + 7) & ~(uint64_t)7;
  uint64_t at = listing->address + listing->used;
  if (listing->room - listing->used < length) return -EINVAL;
  if (!user_range(at, length)) return -EFAULT;
  record.length = (uint16_t)length;
  memset((void *)at, 0, length);
  memcpy((void *)at, &record, sizeof record);
  memcpy((char *)at + sizeof record, name.text, name.length);
  listing->used += length;
  return 0;
}

static int64_t put_dots(struct listing *listing, struct open_file *file) {
  const struct node *here = file->node;
  const struct node *parent = here->parent == NULL ? here : here->parent;
  for (; file->offset < FIRST_COOKIE - 1; file->offset++) {
    bool first = file->offset == 0;
    const struct node *node = first ? here : parent;
    struct record record = {node->number, (int64_t)file->offset + 1, 0, type_of(node)};
    int64_t error = put(listing, record, name_of(first ? "." : ".."));
    if (error < 0) return error;
  }
  return 0;
}

static int64_t put_entries(struct listing *listing, struct open_file *file) {
  for (;;) {
    const struct entry *entry = directory_after(&file->node->directory, file->offset);
    if (entry == NULL) return 0;
    uint8_t type = entry->state == ENTRY_NODE ? type_of(entry->node) : entry->type;
    struct record record = {entry->number, (int64_t)entry->cookie, 0, type};
    int64_t error = put(listing, record, (struct name){entry->text, entry->length});
    if (error < 0) return error;
    file->offset = entry->cookie;
  }
}

SYSTEM_CALL(getdents64) {
  struct open_file *file = descriptor_file(a[0]);
  struct listing listing = {a[1], (uint32_t)a[2], 0};
  if (file == NULL) return -EBADF;
  if (!is_directory(file->node)) return -ENOTDIR;
  if (file->node->directory.removed) return -ENOENT;
  int64_t error = directory_list(file->node);
  if (error == 0) error = put_dots(&listing, file);
  if (error == 0) error = put_entries(&listing, file);
  return listing.used > 0 ? (int64_t)listing.used : error;
}
