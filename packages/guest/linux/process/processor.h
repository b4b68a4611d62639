// The processor's features.
#ifndef COLONY_LINUX_PROCESSOR_H
#define COLONY_LINUX_PROCESSOR_H

#include "../kernel.h"

struct processor {
  uint32_t features;   // edx of cpuid 1
  uint32_t registers;  // bytes that xsave writes
  bool rdrand, rdseed;
};

// Asks once, because cpuid leaves the virtine: some 70 us.
const struct processor *processor(void);

#endif
