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

uint64_t colony_used(const char *function, const char *buffer, uint64_t used, uint64_t capacity) {
  if (used <= capacity) return used;
  struct message message = {.length = 0};
  message_add(&message, function);
  message_add(&message, " says that it wrote ");
  message_add_number(&message, used);
  message_add(&message, " items to ");
  message_add(&message, buffer);
  message_add(&message, ", which has room for ");
  message_add_number(&message, capacity);
  runtime_throw("RangeError", message.text, NULL);
}
