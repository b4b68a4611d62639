#include "processor.h"

#include <cpuid.h>

enum { FEATURES = 1, MORE_FEATURES = 7, XSAVE = 13 };

static bool has(unsigned word, unsigned mask) { return (word & mask) != 0; }

static struct processor ask(void) {
  struct processor answer = {0};
  unsigned most, a, b, c, d;
  __cpuid(0, most, b, c, d);
  __cpuid(FEATURES, a, b, c, answer.features);
  answer.rdrand = has(c, bit_RDRND);
  if (most >= MORE_FEATURES) {
    __cpuid_count(MORE_FEATURES, 0, a, b, c, d);
    answer.rdseed = has(b, bit_RDSEED);
  }
  if (most >= XSAVE) __cpuid_count(XSAVE, 0, a, answer.registers, c, d);
  return answer;
}

const struct processor *processor(void) {
  static struct processor answer;
  static bool asked;
  if (!asked) answer = ask();
  asked = true;
  return &answer;
}
