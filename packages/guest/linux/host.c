// Hypercalls of the library OS: requests and replies are CBOR frames, as of every guest.
#include "host.h"

#include "boot/hypercall.h"
#include "memory/memory.h"
#include "runtime/cbor.h"
#include "vectors.h"

#include <asm/errno.h>

enum { REQUEST_ROOM = 2 * LONGEST_PATH, REPLY_ROOM = 16384, MOST_READ = 1 << 20 };

static uint8_t request[REQUEST_ROOM];
static uint8_t small_reply[REPLY_ROOM];
static uint8_t *large_reply;  // kept for the next one
static size_t large_room;

static struct cbor_writer begin(const char *name, unsigned arguments) {
  struct cbor_writer out = {.start = request, .at = request, .end = request + sizeof request};
  cbor_put_array(&out, 2);
  cbor_put_text(&out, name, strlen(name));
  cbor_put_array(&out, arguments);
  return out;
}

static void put_path(struct cbor_writer *out, const char *path) { cbor_put_text(out, path, strlen(path)); }

static uint8_t *room_for(size_t length) {
  if (length <= large_room) return large_reply;
  kernel_free(large_reply);
  large_reply = kernel_allocate(length);
  large_room = length;
  return large_reply;
}

struct bytes host_exchange(struct bytes request) {
  vectors_save();
  struct colony_reply got =
      colony_hypercall(COLONY_OP_CALL, request.data, request.length, small_reply, sizeof small_reply);
  uint8_t *data = small_reply;
  if (got.status == COLONY_STATUS_TOO_SMALL) {
    data = room_for(got.length);
    got = colony_hypercall(COLONY_OP_FETCH, NULL, 0, data, got.length);
  }
  vectors_restore();
  return (struct bytes){data, got.length};
}

static const struct {
  const char *code;
  int number;
} errors[] = {
    {"ENOENT", ENOENT},
    {"ENOTDIR", ENOTDIR},
    {"EISDIR", EISDIR},
    {"ELOOP", ELOOP},
    {"EACCES", EACCES},
    {"EPERM", EPERM},
    {"EFBIG", EFBIG},
    {"ENAMETOOLONG", ENAMETOOLONG},
    {"EROFS", EROFS},
    {"ENOSPC", ENOSPC},
    {"EEXIST", EEXIST},
    {"EINVAL", EINVAL},
    {"ENOSYS", ENOSYS},
    {"EMFILE", EMFILE},
    {"ERR_POLICY_DENIED", EACCES},
};

static int64_t error_number(const struct cbor_item *error) {
  struct cbor_item code;
  if (!cbor_get(error, "code", &code) || code.kind != CBOR_TEXT) return -EIO;
  for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
    if (cbor_is(&code, errors[i].code)) return -errors[i].number;
  }
  return -EIO;
}

// Sends the request and reads the outcome: 0 and the value, or an error.
static int64_t call(struct cbor_writer *out, struct cbor_item *value) {
  if (out->failed) return -ENAMETOOLONG;
  struct bytes got = host_exchange((struct bytes){out->start, (size_t)(out->at - out->start)});
  struct cbor_reader reader = cbor_reader(got.data, got.length);
  struct cbor_item outcome, state;
  if (!cbor_item(&reader, &outcome) || outcome.kind != CBOR_ARRAY || outcome.value != 2) return -EIO;
  if (!cbor_item(&outcome.content, &state) || !cbor_item(&outcome.content, value)) return -EIO;
  return state.value == 0 ? 0 : error_number(value);
}

static bool copy_text(const struct cbor_item *item, char *to, size_t room) {
  if (item->kind != CBOR_TEXT || item->value >= room) return false;
  memcpy(to, item->data, item->value);
  to[item->value] = 0;
  return true;
}

// A number that the codec wrote as an integer, or as a double if it has a fraction.
static int64_t integer(const struct cbor_item *item) {
  if (item->kind == CBOR_NATURAL) return (int64_t)item->value;
  if (item->kind == CBOR_NEGATIVE) return -1 - (int64_t)item->value;
  return 0;
}

// --- the set ---------------------------------------------------------------------------------------------------------

static int64_t look_in_set(const char *path, bool follow, struct host_entry *entry) {
  struct cbor_writer out = begin("colony:linux.look", 2);
  put_path(&out, path);
  cbor_put_bool(&out, follow);
  struct cbor_item value, kind, size, permissions, modified, where;
  int64_t failed = call(&out, &value);
  if (failed < 0) return failed;
  struct cbor_reader *parts = &value.content;
  if (value.kind != CBOR_ARRAY || !cbor_item(parts, &kind) || !cbor_item(parts, &size) ||
      !cbor_item(parts, &permissions) || !cbor_item(parts, &modified) || !cbor_item(parts, &where))
    return -EIO;
  entry->kind = (enum host_kind)kind.value;
  entry->size = size.value;
  entry->permissions = (uint32_t)permissions.value;
  entry->modified = integer(&modified);
  return copy_text(&where, entry->path, sizeof entry->path) ? 0 : -ENAMETOOLONG;
}

static int64_t take_bytes(const struct cbor_item *value, void *to, uint64_t length) {
  if (value->kind != CBOR_BYTES || value->value > length) return -EIO;
  memcpy(to, value->data, value->value);
  return (int64_t)value->value;
}

static int64_t read_piece(const char *path, uint64_t offset, void *to, uint64_t length) {
  struct cbor_writer out = begin("colony:linux.read", 3);
  put_path(&out, path);
  cbor_put_natural(&out, offset);
  cbor_put_natural(&out, length);
  struct cbor_item value;
  int64_t failed = call(&out, &value);
  return failed < 0 ? failed : take_bytes(&value, to, length);
}

static int64_t read_from_set(const char *path, uint64_t offset, uint8_t *to, uint64_t length) {
  uint64_t done = 0;
  while (done < length) {
    uint64_t wanted = length - done < MOST_READ ? length - done : MOST_READ;
    int64_t got = read_piece(path, offset + done, to + done, wanted);
    if (got < 0) return got;
    done += (uint64_t)got;
    if ((uint64_t)got < wanted) break;
  }
  return (int64_t)done;
}

static int64_t list_set(const char *path, host_visit *visit, void *context) {
  struct cbor_writer out = begin("colony:linux.list", 1);
  put_path(&out, path);
  struct cbor_item value, entry, name, kind;
  int64_t failed = call(&out, &value);
  if (failed < 0) return failed;
  for (uint64_t i = 0; value.kind == CBOR_ARRAY && i < value.value; i++) {
    if (!cbor_item(&value.content, &entry) || !cbor_item(&entry.content, &name) || !cbor_item(&entry.content, &kind))
      return -EIO;
    visit(context, (const char *)name.data, name.value, (enum host_kind)kind.value);
  }
  return 0;
}

// --- granted directories ----------------------------------------------------------------------------------------------

static enum host_kind kind_of(const struct cbor_item *type) {
  return cbor_is(type, "directory") ? HOST_DIRECTORY : cbor_is(type, "file") ? HOST_FILE : HOST_LINK;
}

static int64_t look_at_granted(const char *path, struct host_entry *entry) {
  struct cbor_writer out = begin("colony:fs.stat", 1);
  put_path(&out, path);
  struct cbor_item value, type, size;
  int64_t failed = call(&out, &value);
  if (failed < 0) return failed;
  if (!cbor_get(&value, "type", &type) || !cbor_get(&value, "size", &size)) return -EIO;
  entry->kind = kind_of(&type);
  if (entry->kind == HOST_LINK) return -ELOOP;
  entry->size = size.value;
  entry->permissions = entry->kind == HOST_DIRECTORY ? 0755 : 0644;
  entry->modified = 0;
  size_t length = strlen(path);
  if (length >= sizeof entry->path) return -ENAMETOOLONG;
  memcpy(entry->path, path, length + 1);
  return 0;
}

static int64_t read_granted(const char *path, uint64_t offset, void *to, uint64_t length) {
  struct cbor_writer out = begin("colony:fs.read", 1);
  put_path(&out, path);
  struct cbor_item value;
  int64_t failed = call(&out, &value);
  if (failed < 0) return failed;
  if (value.kind != CBOR_BYTES) return -EIO;
  if (offset >= value.value) return 0;
  uint64_t left = value.value - offset, count = left < length ? left : length;
  memcpy(to, value.data + offset, count);
  return (int64_t)count;
}

static int64_t list_granted(const char *path, host_visit *visit, void *context) {
  struct cbor_writer out = begin("colony:fs.list", 1);
  put_path(&out, path);
  struct cbor_item value, entry, name, type;
  int64_t failed = call(&out, &value);
  if (failed < 0) return failed;
  for (uint64_t i = 0; value.kind == CBOR_ARRAY && i < value.value; i++) {
    if (!cbor_item(&value.content, &entry) || !cbor_get(&entry, "name", &name) || !cbor_get(&entry, "type", &type))
      return -EIO;
    visit(context, (const char *)name.data, name.value, kind_of(&type));
  }
  return 0;
}

int64_t host_look(enum host_store store, const char *path, bool follow, struct host_entry *entry) {
  return store == HOST_SET ? look_in_set(path, follow, entry) : look_at_granted(path, entry);
}

int64_t host_read(enum host_store store, const char *path, uint64_t offset, void *to, uint64_t length) {
  return store == HOST_SET ? read_from_set(path, offset, to, length) : read_granted(path, offset, to, length);
}

int64_t host_list(enum host_store store, const char *path, host_visit *visit, void *context) {
  return store == HOST_SET ? list_set(path, visit, context) : list_granted(path, visit, context);
}

int64_t host_write(const char *path, const void *from, uint64_t length) {
  size_t room = length + LONGEST_PATH + 64;
  uint8_t *frame = kernel_allocate(room);
  if (frame == NULL) return -EFBIG;
  struct cbor_writer out = {.start = frame, .at = frame, .end = frame + room};
  cbor_put_array(&out, 2);
  cbor_put_text(&out, "colony:fs.write", 15);
  cbor_put_array(&out, 2);
  put_path(&out, path);
  cbor_put_bytes(&out, from, length);
  struct cbor_item value;
  int64_t failed = call(&out, &value);
  kernel_free(frame);
  return failed;
}

// --- the call ---------------------------------------------------------------------------------------------------------

static char *kept_text(const struct cbor_item *item) {
  char *text = kernel_allocate(item->value + 1);
  memcpy(text, item->data, item->value);
  return text;
}

static void add_granted(struct host_facts *facts, struct cbor_item *root) {
  struct cbor_item path, writable;
  if (facts->root_count == HOST_MOST_ROOTS || root->kind != CBOR_ARRAY) return;
  if (!cbor_item(&root->content, &path) || !cbor_item(&root->content, &writable) || path.kind != CBOR_TEXT) return;
  facts->roots[facts->root_count++] = (struct host_root){kept_text(&path), HOST_GRANTED, false, writable.value != 0};
}

static void drop_roots(struct host_facts *facts) {
  for (size_t i = 0; i < facts->root_count; i++) kernel_free(facts->roots[i].path);
  facts->root_count = 0;
}

void host_facts(struct host_facts *facts) {
  drop_roots(facts);
  struct cbor_writer out = begin("colony:linux.facts", 0);
  struct cbor_item value, seed, now, fixed, roots, root;
  int64_t failed = call(&out, &value);
  if (failed < 0 || value.kind != CBOR_ARRAY || !cbor_item(&value.content, &seed) || !cbor_item(&value.content, &now) ||
      !cbor_item(&value.content, &fixed) || !cbor_item(&value.content, &roots))
    kernel_panic("the host gave no facts about the call");
  facts->seeded = seed.kind == CBOR_BYTES && seed.value == sizeof facts->seed;
  if (facts->seeded) memcpy(facts->seed, seed.data, sizeof facts->seed);
  facts->clock = now.kind == CBOR_NATURAL || now.kind == CBOR_NEGATIVE;
  facts->now = integer(&now);
  facts->clock_fixed = fixed.value != 0;
  for (uint64_t i = 0; roots.kind == CBOR_ARRAY && i < roots.value && cbor_item(&roots.content, &root); i++) {
    add_granted(facts, &root);
  }
}

static uint64_t count_reported(const uint32_t *counts, size_t numbers) {
  uint64_t reported = 0;
  for (size_t i = 0; i < numbers; i++) reported += counts[i] != 0;
  return reported;
}

void host_report_unsupported(const uint32_t *counts, size_t numbers) {
  uint64_t reported = count_reported(counts, numbers);
  if (reported == 0) return;
  struct cbor_writer out = begin("colony:linux.unsupported", 1);
  struct cbor_item value;
  cbor_put_array(&out, reported);
  for (size_t i = 0; i < numbers; i++) {
    if (counts[i] == 0) continue;
    cbor_put_array(&out, 2);
    cbor_put_natural(&out, i);
    cbor_put_natural(&out, counts[i]);
  }
  call(&out, &value);
}

void host_idle(uint64_t nanoseconds) {
  vectors_save();
  colony_hypercall(COLONY_OP_IDLE, (const void *)nanoseconds, 0, NULL, 0);
  vectors_restore();
}

uint64_t host_fault_address(void) {
  vectors_save();
  struct colony_reply reply = colony_hypercall(COLONY_OP_FAULT_ADDRESS, NULL, 0, NULL, 0);
  vectors_restore();
  return reply.length;
}

bool memory_grow(uint64_t size, bool needed) {
  vectors_save();
  struct colony_reply reply = colony_hypercall(COLONY_OP_GROW, (const void *)size, needed ? 0 : 1, NULL, 0);
  vectors_restore();
  return reply.status == COLONY_STATUS_OK;
}

_Noreturn void kernel_panic(const char *message) { colony_abort(COLONY_TRAP_UNREACHABLE, message, strlen(message)); }
