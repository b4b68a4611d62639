#include "colony/glue.h"

#include "runtime.h"
#include "utf8.h"

#include <string.h>

void colony_put_string(struct cbor_writer *out, const char *text) {
  if (text == NULL) {
    cbor_put_null(out);
    return;
  }
  size_t length = strlen(text);
  if (utf8_valid_prefix((const uint8_t *)text, length) != length) {
    runtime_throw("TypeError", "the function gave a string that is not UTF-8; give a buffer instead", NULL);
  }
  cbor_put_text(out, text, length);
}

void colony_no_case(const char *function, const char *field, int64_t value) {
  struct message message = {.length = 0};
  message_add(&message, function);
  message_add(&message, " gave a struct whose ");
  message_add(&message, field);
  message_add(&message, value < 0 ? " is -" : " is ");
  message_add_number(&message, value < 0 ? -(uint64_t)value : (uint64_t)value);
  message_add(&message, ", which no colony_case names");
  runtime_throw("RangeError", message.text, NULL);
}

uint64_t colony_used(const char *function, const char *buffer, uint64_t used, uint64_t capacity) {
  if (used <= capacity) return used;
  struct message message = {.length = 0};
  message_add(&message, function);
  message_add(&message, " reports that it wrote ");
  message_add_number(&message, used);
  message_add(&message, " items to ");
  message_add(&message, buffer);
  message_add(&message, ", which has room for ");
  message_add_number(&message, capacity);
  runtime_throw("RangeError", message.text, NULL);
}
