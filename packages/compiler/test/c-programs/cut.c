#include "cut.h"

static const char used_table[64] = "used";
const char unused_table[4096] = "unused";

int never_called(int n) { return n + unused_table[n & 4095]; }

static int triple(int n) { return 3 * n; }
static int square(int n) { return n * n; }
static int (*const operations[])(int) = {triple, square};

/** Applies an operation. */
virtine int apply(int which, int n) { return operations[which & 1](helper(n)) + used_table[n & 63]; }

virtine(allow(lookup, log)) double report(int n) {
  int found = (int)colony_as_int(colony_call("lookup", n));
  return from_other_file(found);
}
