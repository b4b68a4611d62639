#pragma once
#include <colony/virtine.h>

/** Color of a lamp. */
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

struct date {
  unsigned day : 5;
  unsigned : 0;
  unsigned month : 4;
  int offset : 6;
  bool leap : 1;
  enum color color : 3;
  enum { LOWER = -2, UPPER = 1 } half : 2;
  uint64_t stamp : 60;
  int sign : 1;
  unsigned : 3;
  long nanos : 30;
};

struct packet {
  colony_in(size) const uint8_t *data;
  uint16_t size : 5;
};

// The width depends on the target: 16 bits natively, and 8 on wasm32.
struct wide {
  unsigned bits : 2 * sizeof(long);
};

#define CELL(name, count)  \
  struct {                 \
    uint8_t at[count];     \
  } name
struct grid {
  int left;
  struct {
    int top; /**< of the page */
    struct {
      unsigned depth : 4;
      colony_in(size) const uint16_t *cells;
    };
  };
  struct {
    uint32_t size;
  };
  struct {
    int x;
  } corners[2];
  CELL(low, 2); CELL(high, 3);
};

struct circle {
  struct point center;
  const char *label;
};
typedef union {
  colony_case(false) int64_t whole;
  colony_case(true) double real;
} number;
enum figure_kind { NOTHING = 2, CIRCLE, SQUARE, PATH, GRAY, UNKNOWN = 100, OTHER = 'x' };
struct figure {
  /** Shape of the figure. */
  colony_tagged(kind) union {
    colony_case(NOTHING) struct {
    } nothing;
    colony_case(CIRCLE) struct circle circle;
    colony_case(SQUARE) double side; /**< of the square */
    colony_case(PATH) struct {
      colony_in(n) const struct point *points;
      int n;
    } path;
    colony_case(GRAY) uint8_t levels[4];
    unsigned : 3;
    colony_case('x') unsigned crossed : 5;
  } as;
  int id;
  enum figure_kind kind : 8;
};
struct value {
  struct {
    bool is_real;
    int8_t type;
    colony_tagged(is_real) number number;
  };
  colony_tagged(type) union {
    colony_case(-1) const char *text;
    colony_case(1 + 1) struct figure figure;
    colony_case(3) int row[2][2];
  };
};
