// The zygote's parser of children's messages, under sanitizers.
#include "boot/process/relay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int passed, failed;
#define TEST(name, condition)                       \
  do {                                              \
    if (condition) passed++;                        \
    else failed++, printf("FAILED %s: %s\n", name, #condition); \
  } while (0)

static size_t frame(uint8_t *to, uint8_t type, uint32_t announced, const void *payload, size_t length) {
  put_u32(to, announced);
  to[4] = type;
  if (length > 0) memcpy(to + CHILD_HEAD, payload, length);
  return CHILD_HEAD + length;
}

static struct talk *running(void) {
  struct talk *talk = calloc(1, sizeof *talk);
  talk->state = CHILD_RUNNING;
  talk->output = 100;
  return talk;
}

// The result of the first byte string, in a state.
static enum relay first(enum child_state state, const uint8_t *bytes, size_t length) {
  struct talk *talk = running();
  talk->state = state;
  uint8_t *copy = malloc(length);  // an exact copy, so that a read beyond its end is detected
  memcpy(copy, bytes, length);
  const uint8_t *at = copy;
  struct piece piece;
  enum relay got = relay_next(talk, &at, copy + length, &piece);
  free(copy);
  free(talk);
  return got;
}

static void allowed(void) {
  static const struct {
    const char *name;
    enum child_state state;
    uint8_t type;
    uint32_t announced;
    size_t length;
    enum relay expected;
  } rows[] = {
      {"READY while it starts", CHILD_STARTING, ZYGOTE_TYPE_READY, 0, 0, RELAY_READY},
      {"READY while it runs", CHILD_RUNNING, ZYGOTE_TYPE_READY, 0, 0, RELAY_BAD},
      {"READY with a payload", CHILD_STARTING, ZYGOTE_TYPE_READY, 1, 1, RELAY_TOO_LONG},
      {"a result while it starts", CHILD_STARTING, ZYGOTE_TYPE_RESULT, 8, 8, RELAY_BAD},
      {"a result while it waits", CHILD_IDLE, ZYGOTE_TYPE_RESULT, 8, 8, RELAY_BAD},
      {"a result while it is parked", CHILD_PARKED, ZYGOTE_TYPE_RESULT, 8, 8, RELAY_BAD},
      {"the smallest result", CHILD_RUNNING, ZYGOTE_TYPE_RESULT, 8, 8, RELAY_LAST},
      {"a result without its head", CHILD_RUNNING, ZYGOTE_TYPE_RESULT, 7, 7, RELAY_BAD},
      {"the largest result", CHILD_RUNNING, ZYGOTE_TYPE_RESULT, 108, 108, RELAY_LAST},
      {"a larger result", CHILD_RUNNING, ZYGOTE_TYPE_RESULT, 109, 0, RELAY_TOO_LONG},
      {"the largest hypercall", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL, 100, 100, RELAY_LAST},
      {"a larger hypercall", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL, 101, 0, RELAY_TOO_LONG},
      {"a hypercall of all bits", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL, UINT32_MAX, 0, RELAY_TOO_LONG},
      {"an empty hypercall", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL, 0, 0, RELAY_BAD},
      {"a part of a hypercall", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL, 100, 10, RELAY_PIECE},
      {"the type of a piece", CHILD_RUNNING, ZYGOTE_TYPE_HYPERCALL | ZYGOTE_MORE, 10, 10, RELAY_BAD},
      {"the end of another", CHILD_RUNNING, ZYGOTE_TYPE_ENDED, 16, 16, RELAY_BAD},
      {"a request", CHILD_RUNNING, ZYGOTE_TYPE_REQUEST, 32, 32, RELAY_BAD},
      {"type 0", CHILD_RUNNING, 0, 0, 0, RELAY_BAD},
      {"a report", CHILD_RUNNING, ZYGOTE_TYPE_REPORT, 40, 40, RELAY_REPORTED},
      {"a report while it starts", CHILD_STARTING, ZYGOTE_TYPE_REPORT, 40, 40, RELAY_REPORTED},
      {"the longest report", CHILD_RUNNING, ZYGOTE_TYPE_REPORT, MOST_REPORT, MOST_REPORT, RELAY_REPORTED},
      {"a longer report", CHILD_RUNNING, ZYGOTE_TYPE_REPORT, MOST_REPORT + 1, 0, RELAY_TOO_LONG},
      {"a report without its head", CHILD_RUNNING, ZYGOTE_TYPE_REPORT, 39, 39, RELAY_BAD},
      {"a report while it is parked", CHILD_PARKED, ZYGOTE_TYPE_REPORT, 40, 40, RELAY_BAD},
      {"anything when it is over", CHILD_OVER, ZYGOTE_TYPE_RESULT, 8, 8, RELAY_MORE},
  };
  static const uint8_t payload[MOST_REPORT];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    static uint8_t bytes[CHILD_HEAD + MOST_REPORT];
    size_t length = frame(bytes, rows[i].type, rows[i].announced, payload, rows[i].length);
    TEST(rows[i].name, first(rows[i].state, bytes, length) == rows[i].expected);
  }
}

// The result is the same, whether bytes arrive at once or one by one.
static void split(void) {
  uint8_t bytes[CHILD_HEAD + 50], seen[50];
  uint8_t payload[50];
  for (size_t i = 0; i < sizeof payload; i++) payload[i] = (uint8_t)(i * 7);
  size_t length = frame(bytes, ZYGOTE_TYPE_HYPERCALL, sizeof payload, payload, sizeof payload);
  for (size_t step = 1; step <= length; step++) {
    struct talk *talk = running();
    size_t got = 0, last = 0;
    for (size_t from = 0; from < length; from += step) {
      const uint8_t *at = bytes + from, *end = bytes + (from + step < length ? from + step : length);
      struct piece piece;
      for (enum relay next; (next = relay_next(talk, &at, end, &piece)) != RELAY_MORE;) {
        memcpy(seen + got, piece.start, piece.length);
        got += piece.length;
        last += next == RELAY_LAST;
      }
    }
    bool same = got == sizeof payload && memcmp(seen, payload, got) == 0;
    TEST("a hypercall in parts", same && last == 1 && talk->state == CHILD_PARKED);
    free(talk);
  }
}

static void host(void) {
  uint8_t bytes[ZYGOTE_SIZE_HEADER];
  struct host_head head = {0x01020304, 0xfffefdfc, ZYGOTE_TYPE_REPLY};
  write_host_head(bytes, head);
  struct host_head read = read_host_head(bytes);
  TEST("a head is read as it was written",
       read.length == head.length && read.call == head.call && read.type == head.type);
  struct host_head shortest = {ZYGOTE_SIZE_REQUEST_HEAD - 1, 1, ZYGOTE_TYPE_REQUEST};
  TEST("a request without its head", !host_head_good(&shortest));
  struct host_head kill = {1, 1, ZYGOTE_TYPE_KILL};
  TEST("a kill with a payload", !host_head_good(&kill));
  struct host_head setup = {12, 0, ZYGOTE_TYPE_SETUP};
  TEST("a set-up that is no whole words", !host_head_good(&setup));
  struct host_head result = {16, 0, ZYGOTE_TYPE_RESULT};
  TEST("what only the zygote sends", !host_head_good(&result));
}

int main(void) {
  allowed();
  split();
  host();
  printf("%d passed, %d failed, 0 skipped\n", passed, failed);
  return failed > 0;
}
