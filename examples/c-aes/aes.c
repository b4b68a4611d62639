// AES in counter mode by LibTomCrypt. The key is an argument of each call: nothing of it is left in the context afterwards.
#include <colony/virtine.h>
#include <tomcrypt.h>

enum { BLOCK = 16 };

/**
 * AES-CTR: encrypts, and decrypts what it encrypted.
 * @param key 16, 24 or 32 bytes
 * @param counter 16 bytes, which no two messages under a key may share; its last bytes count up
 */
virtine(memory("4MiB"), wallTime("2s")) void aes_ctr(colony_in(key_size) const uint8_t *key, size_t key_size,
                                                     colony_in(16) const uint8_t *counter,
                                                     colony_inout(size) uint8_t *data, size_t size) {
  if (key_size != 16 && key_size != 24 && key_size != 32) colony_throw("key: 16, 24 or 32 bytes");
  symmetric_key schedule;
  aes_setup(key, (int)key_size, 0, &schedule);
  uint8_t count[BLOCK], stream[BLOCK];
  memcpy(count, counter, BLOCK);
  for (size_t at = 0; at < size; at += BLOCK) {
    aes_ecb_encrypt(count, stream, &schedule);
    for (size_t i = 0; i < BLOCK && at + i < size; i++) data[at + i] ^= stream[i];
    for (int i = BLOCK - 1; i >= 0 && ++count[i] == 0; i--) continue;
  }
}
