// The C workloads: a recursion, and what programs ask a library for. native/work_subjects.c runs the same on the host.
#include <colony/virtine.h>

#include "aes.h"
#include "fib.h"
#include "sha256.h"

COLONY_EXPORT(uint64_t, fib, int);

// Before the first call, so that the tables are part of the snapshot.
__attribute__((constructor)) static void prepare(void) { aes_prepare(); }

colony_bytes aes128_cbc(colony_bytes key, colony_bytes vector, colony_bytes data) {
  if (key.len != AES_BLOCK || vector.len != AES_BLOCK) colony_throw("key and vector have 16 bytes");
  if (data.len % AES_BLOCK != 0) colony_throw("the data is no multiple of 16 bytes, and nothing is padded");
  uint8_t *to = colony_result_buffer(data.len);
  aes_cbc(key.data, vector.data, data.data, to, data.len);
  return colony_bytes_of(to, data.len);
}
COLONY_EXPORT(colony_bytes, aes128_cbc, colony_bytes, colony_bytes, colony_bytes);

colony_bytes sha256_of(colony_bytes data) {
  uint8_t *to = colony_result_buffer(SHA256_BYTES);
  sha256(data.data, data.len, to);
  return colony_bytes_of(to, SHA256_BYTES);
}
COLONY_EXPORT(colony_bytes, sha256_of, colony_bytes);
