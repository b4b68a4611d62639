#include <colony/virtine.h>

uint32_t fnv1a(colony_bytes bytes) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < bytes.len; i++) hash = (hash ^ bytes.data[i]) * 16777619u;
  return hash;
}
COLONY_EXPORT(uint32_t, fnv1a, colony_bytes);
