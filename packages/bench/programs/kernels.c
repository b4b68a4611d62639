// The compute kernels as a WebAssembly module of their own: no library, numbers in and out.
#include "kernels.h"

uint64_t integer(uint64_t rounds) { return kernel_integer(rounds); }

double floating(uint64_t rounds) { return kernel_floating(rounds); }
