#include "runtime.h"

// Generated code writes results, so a result buffer is ordinary memory.
uint8_t *colony_result_buffer(size_t len) { return call_allocate(len); }
