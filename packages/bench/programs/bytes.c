// Bytes one way: in, or out.
#include <colony/virtine.h>
#include <string.h>

int take(colony_bytes bytes) { return (int)bytes.len; }
COLONY_EXPORT(int, take, colony_bytes);

// They are written, as a real result is: a page that nobody touched is cheaper to read.
colony_bytes give(int length) {
  uint8_t *to = colony_result_buffer((size_t)length);
  memset(to, 7, (size_t)length);
  return colony_bytes_of(to, (size_t)length);
}
COLONY_EXPORT(colony_bytes, give, int);
