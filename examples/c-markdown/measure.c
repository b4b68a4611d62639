#include "../lib/measure.h"
#include "markdown.c"

static size_t work(const char *job, const uint8_t *input, size_t size) {
  char *html = (char *)render((const char *)input);
  const size_t length = strlen(html);
  free(html);
  return length;
}
