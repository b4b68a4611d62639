// What a call costs when the function costs nothing.
#include <colony/virtine.h>

void nothing(void) {}
COLONY_EXPORT(void, nothing);
