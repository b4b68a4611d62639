// The kernels of packages/guest/probes; native/host_kernels.c runs the same ones with no machine around them.
#include <colony/virtine.h>

#include "kernels.h"

uint64_t integer(uint64_t rounds) { return kernel_integer(rounds); }
COLONY_EXPORT(uint64_t, integer, uint64_t);

double floating(uint64_t rounds) { return kernel_floating(rounds); }
COLONY_EXPORT(double, floating, uint64_t);
