// State that lives from call to call.
#include <colony/virtine.h>

static int calls;

int count(void) { return ++calls; }
COLONY_EXPORT(int, count);
