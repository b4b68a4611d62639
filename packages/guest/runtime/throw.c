#include "runtime.h"
#include "utf8.h"

#include <string.h>

void message_add(struct message *message, const char *text) {
  while (*text != 0 && message->length + 1 < sizeof message->text) message->text[message->length++] = *text++;
  message->text[message->length] = 0;
}

void message_add_number(struct message *message, uint64_t number) {
  char digits[21];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  do {
    *--at = (char)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  message_add(message, at);
}

void put_text(struct cbor_writer *writer, const char *text, size_t length) {
  const uint8_t *bytes = (const uint8_t *)text;
  size_t good = utf8_valid_prefix(bytes, length);
  cbor_put_text(writer, text, length);
  if (writer->failed || good == length) return;
  // The length stays the same: one question mark replaces each bad byte.
  uint8_t *copy = writer->at - length;
  while (good < length) {
    copy[good++] = '?';
    good += utf8_valid_prefix(bytes + good, length - good);
  }
}

static void put_named(struct cbor_writer *out, const char *key, const char *text) {
  cbor_put_text(out, key, strlen(key));
  put_text(out, text, strlen(text));
}

void write_error(struct cbor_writer *out, const char *name, const char *message, const char *code) {
  cbor_put_array(out, 2);
  cbor_put_natural(out, 1);
  cbor_put_map(out, code != NULL ? 3 : 2);
  put_named(out, "name", name);
  put_named(out, "message", message);
  if (code != NULL) put_named(out, "code", code);
}

// Returns the writer, reset to the start of the failed call's output.
static struct cbor_writer *rewound(const char *message) {
  struct session *session = runtime_session;
  if (session == NULL || !session->calling) runtime_abort(COLONY_TRAP_EXIT, "thrown outside a call: ", message);
  session->in_place = NULL;
  session->out.at = session->out.start + session->row_start;
  session->out.failed = false;
  return &session->out;
}

_Noreturn void runtime_throw(const char *name, const char *message, const char *code) {
  write_error(rewound(message), name, message, code);
  runtime_unwind(&runtime_session->point);
}

_Noreturn void runtime_throw_encoded(const uint8_t *error, size_t length) {
  struct cbor_writer *out = rewound("a host function's error");
  cbor_put_array(out, 2);
  cbor_put_natural(out, 1);
  cbor_put_raw(out, error, length);
  runtime_unwind(&runtime_session->point);
}

_Noreturn void colony_throw(const char *message) { runtime_throw("Error", message, NULL); }
_Noreturn void colony_throw_named(const char *name, const char *message) { runtime_throw(name, message, NULL); }

_Noreturn void runtime_abort(uint64_t trap, const char *message, const char *detail) {
  struct message text = {.length = 0};
  message_add(&text, message);
  message_add(&text, detail);
  // The host refuses text that is not UTF-8, and truncation may have split a character.
  colony_abort(trap, text.text, utf8_valid_prefix((const uint8_t *)text.text, text.length));
}
