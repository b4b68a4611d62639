// One function for each way in which a type crosses: types.test reads them back.
#include "types.h"

virtine int64_t add64(int64_t a, uint32_t b) { return (int64_t)((uint64_t)a + b); }
virtine double scale(double x, float by) { return x * by; }
virtine bool invert(bool b) { return !b; }
virtine const char *echo(const char *text) { return text; }
virtine enum color next_color(enum color c) { return c == RED ? GREEN : c == GREEN ? BLUE : RED; }

/**
 * Adds up.
 * @param values what to add
 * @param n how many
 * @returns the sum
 */
virtine int64_t sum(colony_in(n) const int32_t *values, size_t n) {
  int64_t total = 0;
  for (size_t i = 0; i < n; i++) total += values[i];
  return total;
}

virtine void iota(colony_out(n) uint16_t *to, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) to[i] = (uint16_t)i;
}

virtine void negate(colony_inout(n) double *values, int n) {
  for (int i = 0; i < n; i++) values[i] = -values[i];
}

// As libraries do: the count is first the capacity, and afterwards the number of bytes written.
virtine int pack(colony_in(size) const uint8_t *from, size_t size, colony_out(*room) uint8_t *to, size_t *room) {
  size_t n = 0;
  for (size_t i = 0; i < size; i++) {
    if (from[i] == 0) continue;
    if (n == *room) return -1;
    to[n++] = from[i];
  }
  *room = n;
  return 0;
}

virtine int evens(colony_in(n) const int64_t *from, int n, colony_out(n, result) int64_t *to) {
  int found = 0;
  for (int i = 0; i < n; i++) {
    if (from[i] % 2 == 0) to[found++] = from[i];
  }
  return found;
}

virtine struct shape mirror(struct shape s) {
  for (int i = 0; i < 3; i++) s.corners[i].x = -s.corners[i].x;
  s.tag.level++;
  return s;
}

virtine void move(colony_inout(n) struct point *points, size_t n, struct point by) {
  for (size_t i = 0; i < n; i++) points[i].x += by.x, points[i].y += by.y;
}

virtine void bounds(colony_in(n) const struct point *points, size_t n, colony_out(1) struct point *least) {
  *least = (struct point){1e9, 1e9};
  for (size_t i = 0; i < n; i++) {
    if (points[i].x < least->x) least->x = points[i].x;
    if (points[i].y < least->y) least->y = points[i].y;
  }
}

virtine uint64_t lengths(colony_in(n) const struct named *all, size_t n) {
  uint64_t total = 0;
  for (size_t i = 0; i < n; i++) {
    for (const char *at = all[i].name; *at != 0; at++) total++;
    total += all[i].size;
  }
  return total;
}

virtine int liar(colony_out(room, result) uint8_t *to, int room) {
  if (room > 0) to[0] = 1;
  return room + 1;
}

// The bytes are changed in place in the request, and sent from there.
virtine void invert_bytes(colony_inout(size) uint8_t *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)~bytes[i];
}

// The caller may pass one array for both, and the head of the result is longer than the space before the bytes.
virtine uint64_t mix(colony_inout(size) uint8_t *bytes_that_are_changed, size_t size, colony_in(size) const uint8_t *by) {
  for (size_t i = 0; i < size; i++) bytes_that_are_changed[i] = (uint8_t)(bytes_that_are_changed[i] + by[size - 1 - i]);
  return UINT64_MAX;
}

virtine int8_t halves(colony_inout(size) int8_t *low, colony_inout(size) uint8_t *high, int size) {
  if (size == 13) colony_throw("unlucky");
  for (int i = 0; i < size; i++) low[i] = (int8_t)(low[i] / 2), high[i] /= 2;
  return -1;
}

// The output is sent from the place where it was written.
virtine double ramp(colony_out(1) struct point *last, colony_out(n) double *to, uint32_t n) {
  for (uint32_t i = 0; i < n; i++) to[i] += i + 0.5;
  *last = (struct point){n, -1};
  return n == 0 ? 0 : to[n - 1];
}

virtine struct date next_day(struct date d) {
  d.day++;
  d.offset = -d.offset;
  d.leap = !d.leap;
  return d;
}
virtine uint32_t packet_sum(struct packet p) {
  uint32_t sum = 0;
  for (int i = 0; i < p.size; i++) sum += p.data[i];
  return sum;
}
virtine unsigned wide_bits(struct wide w) { return w.bits; }

virtine struct grid shift(struct grid g) {
  g.left += g.corners[0].x;
  g.top += g.corners[1].x;
  g.depth += g.size;
  g.high.at[2] += g.low.at[1];
  return g;
}

virtine struct figure next_figure(struct figure f) {
  f.id = f.kind;
  if (f.kind == SQUARE && f.as.side < 0) f.kind = UNKNOWN;
  if (f.kind == CIRCLE) f.as.circle.center.x++;
  return f;
}
virtine void figures(colony_inout(n) struct value *values, int n) {
  for (int i = 0; i < n; i++) {
    if (values[i].is_real) values[i].number.real /= 2;
    else values[i].number.whole++;
  }
}
// Bytes that JavaScript did not pass are zero, whatever the stack held before.
virtine uint64_t beyond(struct figure f) {
  uint64_t all = 0;
  const unsigned char *bytes = (const unsigned char *)&f.as;
  for (size_t i = sizeof f.as.side; i < sizeof f.as; i++) all += bytes[i];
  return all;
}
virtine struct value odd(int type, bool real) {
  struct value v;
  __builtin_memset(&v, 0xee, sizeof v);
  v.is_real = real;
  v.number.real = 1;
  v.type = (int8_t)type;
  v.text = "?";
  return v;
}
