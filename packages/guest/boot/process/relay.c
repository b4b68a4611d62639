#include "relay.h"

// Returns the most bytes of a frame of this type that may come now; -1 if this type may not come.
static int64_t most_of(const struct talk *talk, uint8_t type) {
  bool running = talk->state == CHILD_RUNNING;
  // A result has a head of the child's own before the guest's frame.
  uint64_t most = running && type == ZYGOTE_TYPE_RESULT ? talk->output + ZYGOTE_SIZE_RESULT_HEAD : talk->output;
  if (most > UINT32_MAX) most = UINT32_MAX;
  if (running && (type == ZYGOTE_TYPE_RESULT || type == ZYGOTE_TYPE_HYPERCALL)) return (int64_t)most;
  if ((running || talk->state == CHILD_STARTING) && type == ZYGOTE_TYPE_REPORT) return MOST_REPORT;
  return talk->state == CHILD_STARTING && type == ZYGOTE_TYPE_READY ? 0 : -1;
}

static enum relay fail(struct talk *talk, enum relay how) {
  talk->state = CHILD_OVER;
  talk->type = 0;
  talk->head_size = 0;
  return how;
}

static size_t available(const uint8_t *at, const uint8_t *end, size_t wanted) {
  return (size_t)(end - at) < wanted ? (size_t)(end - at) : wanted;
}

// Takes bytes of a head. Returns true once the head is complete.
static bool take_head(struct talk *talk, const uint8_t **at, const uint8_t *end) {
  while (talk->head_size < CHILD_HEAD && *at < end) talk->head[talk->head_size++] = *(*at)++;
  return talk->head_size == CHILD_HEAD;
}

// The head is complete: begins a frame, or refuses it.
static enum relay begin(struct talk *talk) {
  uint32_t length = get_u32(talk->head);
  uint8_t type = talk->head[4];
  talk->head_size = 0;
  int64_t most = most_of(talk, type);
  if (most < 0) return fail(talk, RELAY_BAD);
  if (length > most) return fail(talk, RELAY_TOO_LONG);
  bool whole = type == ZYGOTE_TYPE_READY || type == ZYGOTE_TYPE_REPORT || length > 0;
  bool headless = (type == ZYGOTE_TYPE_RESULT && length < ZYGOTE_SIZE_RESULT_HEAD) ||
                  (type == ZYGOTE_TYPE_REPORT && length < ZYGOTE_SIZE_REPORT_HEAD);
  if (!whole || headless) return fail(talk, RELAY_BAD);
  if (type == ZYGOTE_TYPE_READY) {
    talk->state = CHILD_IDLE;
    return RELAY_READY;
  }
  talk->type = type;
  talk->left = length;
  talk->report_size = 0;
  return RELAY_MORE;
}

static enum relay take_report(struct talk *talk, const uint8_t **at, const uint8_t *end) {
  while (talk->left > 0 && *at < end) {
    talk->report[talk->report_size++] = *(*at)++;
    talk->left--;
  }
  if (talk->left > 0) return RELAY_MORE;
  return fail(talk, RELAY_REPORTED);
}

static enum relay take_payload(struct talk *talk, const uint8_t **at, const uint8_t *end, struct piece *piece) {
  size_t length = available(*at, end, talk->left);
  if (length == 0) return RELAY_MORE;
  *piece = (struct piece){*at, length, talk->type};
  *at += length;
  talk->left -= (uint32_t)length;
  if (talk->left > 0) {
    piece->type |= ZYGOTE_MORE;
    return RELAY_PIECE;
  }
  talk->state = talk->type == ZYGOTE_TYPE_HYPERCALL ? CHILD_PARKED : CHILD_IDLE;
  talk->type = 0;
  return RELAY_LAST;
}

enum relay relay_next(struct talk *talk, const uint8_t **at, const uint8_t *end, struct piece *piece) {
  if (talk->state == CHILD_OVER) {
    *at = end;
    return RELAY_MORE;
  }
  if (talk->type == 0) {
    if (!take_head(talk, at, end)) return RELAY_MORE;
    enum relay begun = begin(talk);
    if (begun != RELAY_MORE) return begun;
  }
  return talk->type == ZYGOTE_TYPE_REPORT ? take_report(talk, at, end) : take_payload(talk, at, end, piece);
}

struct host_head read_host_head(const uint8_t head[ZYGOTE_SIZE_HEADER]) {
  return (struct host_head){get_u32(head), get_u32(head + 4), head[8]};
}

bool host_head_good(const struct host_head *head) {
  switch (head->type) {
    case ZYGOTE_TYPE_REQUEST: return head->length >= ZYGOTE_SIZE_REQUEST_HEAD;
    case ZYGOTE_TYPE_REPLY: return true;
    case ZYGOTE_TYPE_KILL: return head->length == 0;
    case ZYGOTE_TYPE_SETUP: return head->length >= 8 && head->length % 8 == 0;
    default: return false;
  }
}

struct host_request read_host_request(const uint8_t head[ZYGOTE_SIZE_REQUEST_HEAD]) {
  return (struct host_request){get_u64(head), get_u64(head + 8), get_u64(head + 16), get_u64(head + 24)};
}

void write_host_head(uint8_t to[ZYGOTE_SIZE_HEADER], struct host_head head) {
  put_u32(to, head.length);
  put_u32(to + 4, head.call);
  to[8] = head.type;
}
