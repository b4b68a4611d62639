#pragma once
#include <colony/virtine.h>

/** Of a lamp. */
enum color { RED, GREEN = 5, BLUE };

/** In the plane. */
struct point {
  double x; /**< to the right */
  double y;
};

typedef struct {
  uint8_t level;
  bool on;
} tag;

struct shape {
  struct point corners[3];
  int32_t weights[2][2];
  enum color color;
  tag tag;
};

struct named {
  const char *name;
  colony_in(size) const uint8_t *data;
  uint32_t size;
};
