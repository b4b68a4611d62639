#include "cut.h"

__attribute__((noinline)) int helper(int n) { return n + 1; }
__attribute__((noinline)) double from_other_file(int n) {
  colony_call("log", n);
  return n / 2.0;
}
int dropped_helper(int n) { return helper(n) * 7; }
void dropped_call(void) { colony_call("drop_tables"); }
