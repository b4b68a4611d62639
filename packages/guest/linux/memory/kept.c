#include "kept.h"

enum { MOST_FILES = 256, MOST_PIECES = 8 };

struct piece {
  const uint8_t *data;
  uint64_t start, length;
};

enum state { RECORDED, WAITING, TAKEN, SPOILT };

struct kept {
  const uint8_t *data;
  uint64_t start, length;
  enum state state;
  size_t pieces;
  struct piece piece[MOST_PIECES];
};

static struct kept files[MOST_FILES];
static size_t count;
static bool recording;

void kept_begin(void) {
  count = 0;
  recording = false;
}

static bool contains(const struct kept *kept, uint64_t start, uint64_t length) {
  return start >= kept->start && length <= kept->length && start - kept->start <= kept->length - length;
}

// The file whose place contains the range.
static struct kept *around(uint64_t start, uint64_t length) {
  for (size_t i = 0; i < count; i++) {
    if (files[i].state != SPOILT && contains(&files[i], start, length)) return &files[i];
  }
  return NULL;
}

void kept_add(const uint8_t *data, uint64_t start, uint64_t length) {
  if (!recording || count == MOST_FILES) return;
  files[count++] = (struct kept){.data = data, .start = start, .length = length};
}

void kept_add_piece(const uint8_t *data, uint64_t start, uint64_t length) {
  struct kept *kept = recording ? around(start, length) : NULL;
  if (kept == NULL || kept->pieces == MOST_PIECES) return;
  kept->piece[kept->pieces++] = (struct piece){data, start, length};
}

static struct kept *waiting(const uint8_t *data, uint64_t length) {
  for (size_t i = 0; i < count; i++) {
    if (files[i].state == WAITING && files[i].data == data && files[i].length == length) return &files[i];
  }
  return NULL;
}

static bool drop_part(void *context, struct region *region) {
  (void)context;
  (void)region;
  return false;
}

uint64_t kept_take(const uint8_t *data, uint64_t length, const struct region_kind *kind) {
  struct kept *kept = waiting(data, length);
  if (kept == NULL) return 0;
  kept->state = TAKEN;
  regions_change(&space.taken, kept->start, kept->start + length, drop_part, NULL);
  regions_add(&space.taken, kept->start, kept->start + length, kind);
  return kept->start;
}

static bool is_piece(const struct piece *piece, const uint8_t *data, uint64_t start, uint64_t length) {
  return piece->data == data && piece->start == start && piece->length == length;
}

bool kept_has_piece(const uint8_t *data, uint64_t start, uint64_t length) {
  const struct kept *kept = around(start, length);
  if (kept == NULL || kept->state != TAKEN) return false;
  for (size_t i = 0; i < kept->pieces; i++) {
    if (is_piece(&kept->piece[i], data, start, length)) return true;
  }
  return false;
}

static void spoil(uint64_t start, uint64_t end, enum state state) {
  for (size_t i = 0; i < count; i++) {
    bool apart = end <= files[i].start || start >= files[i].start + files[i].length;
    if (files[i].state == state && !apart) files[i].state = SPOILT;
  }
}

void kept_spoil(uint64_t start, uint64_t end) { spoil(start, end, TAKEN); }

void kept_forget(uint64_t start, uint64_t end) {
  spoil(start, end, TAKEN);
  spoil(start, end, RECORDED);
}

uint64_t memory_take_kept(const uint8_t *data, uint64_t length, const char *name) {
  const struct region_kind kind = {.protection = 7, .name = name};
  regions_reserve();
  return kept_take(data, length, &kind);
}

void memory_remember(const uint8_t *data, uint64_t start, uint64_t length) { kept_add(data, start, length); }

void memory_record(void) { recording = true; }

bool memory_is_recording(void) { return recording; }

static void reserve(struct kept *kept) {
  const struct region_kind kind = {.kernel = true, .name = "[kept]"};
  if (!regions_free(&space.taken, kept->start, kept->start + kept->length)) {
    kept->state = SPOILT;
    return;
  }
  regions_add(&space.taken, kept->start, kept->start + kept->length, &kind);
  kept->state = WAITING;
}

void memory_keep(void) {
  memory_reset();
  recording = false;
  for (size_t i = 0; i < count; i++) {
    regions_reserve();
    reserve(&files[i]);
  }
  space_sweep();
}
