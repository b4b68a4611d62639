#include "cbor.h"
#include "check.h"
#include "utf8.h"

#include <math.h>
#include <string.h>

// Copies to the heap with the exact length, so that ASan reports every read beyond the end.
static uint8_t *exact(const void *bytes, size_t length) {
  uint8_t *copy = malloc(length == 0 ? 1 : length);
  memcpy(copy, bytes, length);
  return copy;
}

static bool read_one(const char *bytes, size_t length, struct cbor_item *item) {
  uint8_t *copy = exact(bytes, length);
  struct cbor_reader reader = cbor_reader(copy, length);
  bool ok = cbor_item(&reader, item) && reader.at == reader.end;
  free(copy);  // item->data is not used afterwards
  return ok;
}
#define READ(literal, item) read_one(literal, sizeof(literal) - 1, item)

static void numbers(void) {
  struct cbor_item item;
  CHECK(READ("\x17", &item) && item.kind == CBOR_NATURAL && item.value == 23);
  CHECK(READ("\x18\xff", &item) && item.value == 255);
  CHECK(READ("\x19\x01\x00", &item) && item.value == 256);
  CHECK(READ("\x1a\x00\x01\x00\x00", &item) && item.value == 65536);
  CHECK(READ("\x1b\xff\xff\xff\xff\xff\xff\xff\xff", &item) && item.value == UINT64_MAX && !item.bigint);
  CHECK(READ("\x20", &item) && item.kind == CBOR_NEGATIVE && item.value == 0);
  CHECK(READ("\xf9\x3c\x00", &item) && item.kind == CBOR_DOUBLE && item.number == 1);
  CHECK(READ("\xf9\x00\x01", &item) && item.number == 0x1p-24);
  CHECK(READ("\xf9\x80\x00", &item) && item.number == 0 && signbit(item.number));
  CHECK(READ("\xf9\x7b\xff", &item) && item.number == 65504);
  CHECK(READ("\xf9\xfc\x00", &item) && item.number == -INFINITY);
  CHECK(READ("\xf9\x7e\x00", &item) && isnan(item.number));
  CHECK(READ("\xfa\x40\x49\x0f\xdb", &item) && item.number == 3.1415927410125732);
  CHECK(READ("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", &item) && item.number == 1);
}

static void bignums(void) {
  struct cbor_item item;
  CHECK(READ("\xc2\x41\x05", &item) && item.kind == CBOR_NATURAL && item.bigint && item.value == 5);
  CHECK(READ("\xc3\x41\x05", &item) && item.kind == CBOR_NEGATIVE && item.bigint && item.value == 5);
  CHECK(READ("\xc2\x40", &item) && item.value == 0);
  CHECK(READ("\xc2\x48\xff\xff\xff\xff\xff\xff\xff\xff", &item) && item.value == UINT64_MAX);
  CHECK(READ("\xc2\x49\x00\xff\xff\xff\xff\xff\xff\xff\xff", &item) && item.value == UINT64_MAX);
  CHECK(READ("\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00", &item) && item.kind == CBOR_BIGNUM);
  CHECK(!READ("\xc2\x05", &item) && !READ("\xc2", &item) && !READ("\xc2\x42\x01", &item));
}

static void simple_values(void) {
  struct cbor_item item;
  CHECK(READ("\xf4", &item) && item.kind == CBOR_BOOL && !item.value);
  CHECK(READ("\xf5", &item) && item.kind == CBOR_BOOL && item.value);
  CHECK(READ("\xf6", &item) && item.kind == CBOR_NULL);
  CHECK(READ("\xf7", &item) && item.kind == CBOR_UNDEFINED);
  CHECK(!READ("\xe0", &item) && !READ("\xff", &item) && !READ("\xf8\x20", &item));
}

static void malformed(void) {
  struct cbor_item item;
  CHECK(!READ("", &item) && !READ("\x18", &item) && !READ("\x1b\x01\x02", &item) && !READ("\x1c", &item));
  CHECK(!READ("\x41", &item) && !READ("\x62x", &item) && !READ("\x81", &item) && !READ("\xa1\x01", &item));
  CHECK(!READ("\x5b\xff\xff\xff\xff\xff\xff\xff\xff", &item) && !READ("\x5f\x41x\xff", &item) &&
        !READ("\x9f\xff", &item));
  CHECK(!READ("\x9b\xff\xff\xff\xff\xff\xff\xff\xff", &item) && !READ("\xbb\xff\xff\xff\xff\xff\xff\xff\xff", &item));
  CHECK(!READ("\xbb\x80\x00\x00\x00\x00\x00\x00\x00", &item));
  CHECK(!READ("\xd8\x1d\x00", &item));          // a reference without a target
  CHECK(!READ("\xd8\x1c\xd8\x1d\x00", &item));  // a reference to itself
  CHECK(!READ("\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\xc6\x01", &item));
}

static void containers(void) {
  uint8_t *bytes = exact("\x83\x82\x01\x02\xa1\x61k\xf5\x63xyz", 12);
  struct cbor_reader reader = cbor_reader(bytes, 12);
  struct cbor_item array, item, value;
  CHECK(cbor_item(&reader, &array) && array.kind == CBOR_ARRAY && array.value == 3 && reader.at == reader.end);
  CHECK(cbor_item(&array.content, &item) && item.kind == CBOR_ARRAY && item.value == 2);
  CHECK(cbor_item(&array.content, &item) && item.kind == CBOR_MAP);
  CHECK(cbor_get(&item, "k", &value) && value.kind == CBOR_BOOL && value.value);
  CHECK(!cbor_get(&item, "j", &value) && !cbor_get(&item, "", &value));
  CHECK(cbor_item(&array.content, &item) && cbor_is(&item, "xyz") && !cbor_is(&item, "xy"));
  free(bytes);
}

static void shared_values(void) {
  // [28([1, 2]), 29(0), 28(h'07'), 29(1)]
  uint8_t *bytes = exact("\x84\xd8\x1c\x82\x01\x02\xd8\x1d\x00\xd8\x1c\x41\x07\xd8\x1d\x01", 16);
  struct cbor_reader reader = cbor_reader(bytes, 16);
  struct cbor_item array, item, inner;
  CHECK(cbor_item(&reader, &array) && array.value == 4);
  for (int i = 0; i < 2; i++) {
    CHECK(cbor_item(&array.content, &item) && item.kind == CBOR_ARRAY && item.value == 2 && item.tag == CBOR_NO_TAG);
    CHECK(item.shared);
    CHECK(cbor_item(&item.content, &inner) && inner.value == 1 && cbor_item(&item.content, &inner) && inner.value == 2);
    CHECK(!inner.shared);
  }
  for (int i = 0; i < 2; i++)
    CHECK(cbor_item(&array.content, &item) && item.kind == CBOR_BYTES && item.data[0] == 7 && item.shared);
  free(bytes);
}

static bool no_room(struct cbor_writer *writer, size_t need) {
  (void)writer, (void)need;
  return false;
}

static void writing(void) {
  static const int64_t integers[] = {0,          23,         24,        255, 256, 65535, 65536,
                                     4294967295, 4294967296, INT64_MAX, -1,  -24, -25,   INT64_MIN};
  for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
    uint8_t bytes[16];
    struct cbor_writer writer = {.start = bytes, .at = bytes, .end = bytes + sizeof bytes};
    struct cbor_item item;
    cbor_put_integer(&writer, integers[i]);
    struct cbor_reader reader = cbor_reader(bytes, (size_t)(writer.at - bytes));
    CHECK(!writer.failed && cbor_item(&reader, &item) && reader.at == reader.end);
    int64_t back = item.kind == CBOR_NEGATIVE ? (int64_t)~item.value : (int64_t)item.value;
    CHECK(back == integers[i]);
  }
  // For every size of room, nothing is written beyond it, and values that fit are complete.
  for (size_t size = 0; size < 64; size++) {
    uint8_t *bytes = malloc(size + 1);
    struct cbor_writer writer = {.start = bytes, .at = bytes, .end = bytes + size, .more = no_room};
    cbor_put_array(&writer, 3);
    cbor_put_text(&writer, "some text", 9);
    cbor_put_double(&writer, 0.5);
    cbor_put_bytes(&writer, "bytes", 5);
    CHECK(writer.failed || writer.at <= writer.end);
    CHECK(writer.at <= writer.end);
    free(bytes);
  }
}

static void walk(struct cbor_reader *reader, int depth);
static void walk_item(struct cbor_item *item, int depth) {
  volatile uint8_t last;
  if ((item->kind == CBOR_BYTES || item->kind == CBOR_TEXT) && item->value > 0) last = item->data[item->value - 1];
  (void)last;
  struct cbor_item found;
  if (item->kind == CBOR_MAP) cbor_get(item, "key", &found);
  if (depth > 0 && (item->kind == CBOR_ARRAY || item->kind == CBOR_MAP)) walk(&item->content, depth - 1);
}
static void walk(struct cbor_reader *reader, int depth) {
  struct cbor_item item;
  for (int i = 0; i < 16 && cbor_item(reader, &item); i++) walk_item(&item, depth);
}

// Random bytes, biased to heads that claim large sizes; and well-formed messages with changed bytes.
static void hostile(void) {
  static const char good[] =
      "\x83\x01\x64name\x84\xd8\x1c\x82\x01\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00\xd8\x1d\x00\xa2\x63key\x43\x01\x02\x03\x61z\xc2\x42\x01\x00\xd8\x56\x48\x00\x00\x00\x00\x00\x00\x00\x00";
  static const uint8_t heads[] = {0x1b, 0x5b, 0x7b, 0x9b, 0xbb, 0xdb, 0x81, 0xa1,
                                  0xd8, 0x1c, 0x1d, 0xc2, 0xc3, 0xff, 0x9f, 0x5f};
  for (int round = 0; round < 200000; round++) {
    size_t length = random_below(64);
    uint8_t *bytes = malloc(length + 1);
    for (size_t i = 0; i < length; i++) {
      uint8_t byte = (uint8_t)random_number();
      bytes[i] = round % 2 == 0 && i < sizeof good - 1 ? (uint8_t)good[i]
                 : round % 3 == 0                      ? heads[byte % sizeof heads]
                                                       : byte;
    }
    if (length > 0) bytes[random_below(length)] = (uint8_t)random_number();
    bytes = realloc(bytes, length == 0 ? 1 : length);  // NOLINT(bugprone-suspicious-realloc-usage)
    struct cbor_reader reader = cbor_reader(bytes, length);
    walk(&reader, 4);
    reader = cbor_reader(bytes, length);
    cbor_skip(&reader);
    CHECK(reader.at <= reader.end);
    utf8_valid_prefix(bytes, length);
    free(bytes);
  }
}

// A million levels need neither recursion nor memory.
static void deep(void) {
  size_t length = 1 << 20;
  uint8_t *bytes = malloc(length);
  memset(bytes, 0x81, length);
  bytes[length - 1] = 0x01;
  struct cbor_reader reader = cbor_reader(bytes, length);
  CHECK(cbor_skip(&reader) && reader.at == reader.end);
  bytes[length - 1] = 0x81;
  reader = cbor_reader(bytes, length);
  CHECK(!cbor_skip(&reader));
  free(bytes);
}

static size_t valid(const char *text) {
  size_t length = strlen(text);
  uint8_t *copy = exact(text, length);
  size_t prefix = utf8_valid_prefix(copy, length);
  free(copy);
  return prefix;
}

static void utf8(void) {
  CHECK(valid("plain") == 5 && valid("h\xc3\xa9") == 3 && valid("\xe2\x82\xac") == 3 && valid("\xf0\x9f\x90\x9c") == 4);
  CHECK(valid("a\xff") == 1 && valid("\x80") == 0 && valid("\xc0\x80") == 0 && valid("\xc1\xbf") == 0 &&
        valid("\xc3") == 0);
  CHECK(valid("\xe0\x80\x80") == 0 && valid("\xed\xa0\x80") == 0 && valid("\xf0\x80\x80\x80") == 0 &&
        valid("\xf4\x90\x80\x80") == 0);
  CHECK(valid("\xf4\x8f\xbf\xbf") == 4 && valid("\xed\x9f\xbf") == 3 && valid("\xf5\x80\x80\x80") == 0);
}

int main(void) {
  seed_tests();
  numbers();
  bignums();
  simple_values();
  malformed();
  containers();
  shared_values();
  writing();
  deep();
  utf8();
  hostile();
  printf("cbor: ok (seed %lu)\n", test_seed);
}
