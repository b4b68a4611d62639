#include "directory.h"

#include <asm/errno.h>

#include "node.h"
#include "remote.h"

bool name_is(struct name name, const char *text) {
  return strlen(text) == name.length && memcmp(text, name.text, name.length) == 0;
}

struct name name_of(const char *text) { return (struct name){text, strlen(text)}; }

static uint32_t hash_of(struct name name) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < name.length; i++) hash = (hash ^ (uint8_t)name.text[i]) * 16777619u;
  return hash ^ hash >> 15;
}

static uint32_t slot_mask(const struct directory *directory) { return directory->room * 2 - 1; }

static void put_into_slot(struct directory *directory, uint32_t index) {
  uint32_t slot = directory->entries[index].hash & slot_mask(directory);
  while (directory->slots[slot] != 0) slot = (slot + 1) & slot_mask(directory);
  directory->slots[slot] = index + 1;
}

// Drops removed entries. Cookies stay, so listings go on where they were.
static void compact(struct directory *directory) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < directory->count; i++) {
    if (directory->entries[i].text != NULL) directory->entries[kept++] = directory->entries[i];
  }
  directory->count = kept;
}

static void make_room(struct directory *directory) {
  compact(directory);
  if (directory->count * 2 >= directory->room) {
    directory->room = directory->room == 0 ? 8 : directory->room * 2;
    directory->entries = kernel_resize(directory->entries, directory->room * sizeof *directory->entries);
  }
  kernel_free(directory->slots);
  directory->slots = kernel_allocate(2 * sizeof *directory->slots * directory->room);
  for (uint32_t i = 0; i < directory->count; i++) put_into_slot(directory, i);
}

static bool entry_is(const struct entry *entry, struct name name, uint32_t hash) {
  return entry->text != NULL && entry->hash == hash && entry->length == name.length &&
         memcmp(entry->text, name.text, name.length) == 0;
}

struct entry *directory_entry(struct directory *directory, struct name name) {
  if (directory->room == 0) return NULL;
  uint32_t hash = hash_of(name);
  for (uint32_t slot = hash & slot_mask(directory); directory->slots[slot] != 0;
       slot = (slot + 1) & slot_mask(directory)) {
    struct entry *entry = &directory->entries[directory->slots[slot] - 1];
    if (entry_is(entry, name, hash)) return entry;
  }
  return NULL;
}

static char *copy_of(struct name name) {
  char *text = kernel_allocate(name.length + 1);
  memcpy(text, name.text, name.length);
  return text;
}

struct entry *directory_add(struct directory *directory, struct name name) {
  if (directory->count == directory->room) make_room(directory);
  if (directory->last_cookie < FIRST_COOKIE) directory->last_cookie = FIRST_COOKIE - 1;
  struct entry *entry = &directory->entries[directory->count];
  *entry = (struct entry){.text = copy_of(name), .length = (uint32_t)name.length, .hash = hash_of(name)};
  entry->cookie = ++directory->last_cookie;
  put_into_slot(directory, directory->count++);
  directory->live++;
  return entry;
}

void directory_remove(struct directory *directory, struct entry *entry) {
  kernel_free(entry->text);
  entry->text = NULL;
  entry->node = NULL;
  directory->live--;
}

// The index of the first entry with a greater cookie.
static uint32_t index_after(const struct directory *directory, uint64_t cookie) {
  uint32_t low = 0;
  uint32_t high = directory->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (directory->entries[middle].cookie > cookie) high = middle;
    else low = middle + 1;
  }
  return low;
}

struct entry *directory_after(struct directory *directory, uint64_t cookie) {
  for (uint32_t i = index_after(directory, cookie); i < directory->count; i++) {
    struct entry *entry = &directory->entries[i];
    if (entry->text != NULL && entry->state != ENTRY_ABSENT) return entry;
  }
  return NULL;
}

bool directory_is_empty(struct directory *directory) { return directory_after(directory, 0) == NULL; }

void directory_free(struct directory *directory) {
  for (uint32_t i = 0; i < directory->count; i++) kernel_free(directory->entries[i].text);
  kernel_free(directory->entries);
  kernel_free(directory->slots);
  *directory = (struct directory){0};
}

int64_t directory_find(struct node *node, struct name name, struct node **found) {
  struct directory *directory = &node->directory;
  if (directory->removed) return -ENOENT;
  if (name.length > LONGEST_NAME) return -ENAMETOOLONG;
  struct entry *entry = directory_entry(directory, name);
  bool ask_source = entry == NULL && directory->source != NULL && !directory->complete;
  if (ask_source) return directory->source->find(node, name, found);
  if (entry == NULL || entry->state == ENTRY_ABSENT) return -ENOENT;
  if (entry->state == ENTRY_UNKNOWN) return remote_find(node, name, found);
  *found = entry->node;
  return 0;
}

int64_t directory_list(struct node *node) {
  const struct source *source = node->directory.source;
  return source == NULL || node->directory.complete ? 0 : source->list(node);
}
