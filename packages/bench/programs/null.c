// An empty function: it measures the cost of a call alone.
#include <colony/virtine.h>

void nothing(void) {}
COLONY_EXPORT(void, nothing);
