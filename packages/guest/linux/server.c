#include "server.h"

#include "facts.h"
#include "files/channel.h"
#include "frames.h"
#include "serve.h"
#include "threads/threads.h"
#include "vectors.h"

// The first two frames may be frozen after: the start of the program, and what it loads. So no thread is at work then.
enum { FROZEN = 2 };
static unsigned frames;
static struct bytes first_result;

static void let_others_finish(void) {
  while (threads_wait_for_turn()) threads_yield();
}

static struct bytes next_call(struct bytes result) {
  if (frames < FROZEN) let_others_finish();
  if (frames++ == 0) result = first_result;
  const uint64_t now = clock_monotonic();
  vectors_save();
  struct bytes frame = next_frame(result.data, result.length);
  vectors_restore();
  facts_start_later(now);
  identity_renew();
  return frame;
}

static struct bytes last_words(void) {
  enum { MOST = 2000 };
  struct bytes errors = files_output(2);
  if (errors.length <= MOST) return errors;
  return (struct bytes){errors.data + errors.length - MOST, MOST};
}

static _Noreturn void fail(struct ending ending) {
  static char message[4096] = "the program that serves the calls has ended";
  size_t length = strlen(message);
  struct bytes words = last_words();
  if (ending.message != NULL) words = (struct bytes){(const uint8_t *)ending.message, strlen(ending.message)};
  if (words.length > 0) {
    memcpy(message + length, ": ", sizeof ": ");
    memcpy(message + length + 2, words.data, words.length);
  }
  kernel_panic(message);
}

_Noreturn void server_run(const struct start *start, struct bytes loaded) {
  first_result = loaded;
  channel_start(next_call, host_exchange);
  fail(serve_program(start));
}
