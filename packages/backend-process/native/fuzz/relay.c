// Any bytes from a child, in any portions, with any order of host actions in between.
#include "boot/process/relay.h"

#include <stdlib.h>
#include <string.h>

static void must(bool holds) {
  if (!holds) abort();
}

// Checks invariants after each step.
static void check(const struct talk *talk, enum relay got, const struct piece *piece, const uint8_t *from,
                  const uint8_t *at, const uint8_t *end) {
  must(at >= from && at <= end);
  must(talk->head_size <= CHILD_HEAD && talk->report_size <= MOST_REPORT);
  must(talk->type == 0 || talk->type == ZYGOTE_TYPE_RESULT || talk->type == ZYGOTE_TYPE_HYPERCALL ||
       talk->type == ZYGOTE_TYPE_REPORT);
  if (got == RELAY_BAD || got == RELAY_TOO_LONG || got == RELAY_REPORTED) must(talk->state == CHILD_OVER);
  if (got == RELAY_MORE) must(at == end);
  if (got != RELAY_PIECE && got != RELAY_LAST) return;
  must(piece->start >= from && piece->length > 0 && piece->start + piece->length == at);
  uint8_t type = piece->type & (uint8_t)~ZYGOTE_MORE;
  must(type == ZYGOTE_TYPE_RESULT || type == ZYGOTE_TYPE_HYPERCALL);
  must(((piece->type & ZYGOTE_MORE) != 0) == (got == RELAY_PIECE));
  if (got == RELAY_LAST) must(talk->state == (type == ZYGOTE_TYPE_RESULT ? CHILD_IDLE : CHILD_PARKED));
}

// Counts the bytes of the arriving frame, so that no frame exceeds its maximum length.
struct count {
  uint64_t of_frame;
};

static void count(struct count *count, const struct talk *talk, enum relay got, const struct piece *piece) {
  if (got != RELAY_PIECE && got != RELAY_LAST) return;
  count->of_frame += piece->length;
  must(count->of_frame <= talk->output + ZYGOTE_SIZE_RESULT_HEAD);
  if (got == RELAY_LAST) count->of_frame = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct talk talk;
  memset(&talk, 0, sizeof talk);
  if (size < 2) return 0;
  talk.state = (enum child_state)(data[0] % 5);
  talk.output = (uint64_t)data[1] << (data[0] >> 4);
  data += 2;
  size -= 2;
  struct count counted = {0};
  while (size > 0) {
    // The length of a portion, then the host's action after it.
    size_t length = data[0] & 63;
    bool host = (data[0] & 64) != 0;
    data++;
    size--;
    if (length > size) length = size;
    uint8_t *portion = malloc(length);
    must(portion != NULL || length == 0);
    if (length > 0) memcpy(portion, data, length);
    const uint8_t *at = portion, *end = portion + length;
    for (;;) {
      struct piece piece = {NULL, 0, 0};
      const uint8_t *from = at;
      enum relay got = relay_next(&talk, &at, end, &piece);
      check(&talk, got, &piece, from, at, end);
      count(&counted, &talk, got, &piece);
      if (got == RELAY_MORE) break;
    }
    free(portion);
    if (host && (talk.state == CHILD_IDLE || talk.state == CHILD_PARKED)) talk.state = CHILD_RUNNING;
    data += length;
    size -= length;
  }
  return 0;
}
