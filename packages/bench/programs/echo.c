// Bytes in, the same bytes out.
#include <colony/virtine.h>

colony_bytes echo(colony_bytes bytes) { return bytes; }
COLONY_EXPORT(colony_bytes, echo, colony_bytes);
