// AES-128 in CBC mode, plainly after FIPS 197 and SP 800-38A, with the usual table of SubBytes and MixColumns in one.
// A workload and nothing else: its time depends on key and data, so it must not encrypt anything that matters.
#ifndef COLONY_BENCH_AES_H
#define COLONY_BENCH_AES_H

#include <stddef.h>
#include <stdint.h>

enum { AES_BLOCK = 16, AES_ROUNDS = 10, AES_WORDS = 4 * (AES_ROUNDS + 1) };

static uint8_t aes_sbox[256];
static uint32_t aes_table[256];

static inline uint32_t aes_right(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

static inline uint8_t aes_double(uint8_t x) { return (uint8_t)(x << 1 ^ (x >> 7) * 0x1b); }

// Section 5.1.1: the inverse in GF(2^8), here by logarithms to the base 3, then the affine map.
static void aes_prepare(void) {
  uint8_t power[256], logarithm[256] = {0};
  uint8_t x = 1;
  for (int i = 0; i < 255; i++) {
    power[i] = x;
    logarithm[x] = (uint8_t)i;
    x ^= aes_double(x);
  }
  for (int i = 0; i < 256; i++) {
    const uint8_t inverse = i == 0 ? 0 : power[(255 - logarithm[i]) % 255];
    uint8_t s = 0x63;
    for (int bits = 0; bits < 5; bits++) s ^= (uint8_t)(inverse << bits | inverse >> (8 - bits));
    const uint8_t twice = aes_double(s);
    aes_sbox[i] = s;
    aes_table[i] = (uint32_t)twice << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | (uint32_t)(uint8_t)(s ^ twice);
  }
}

static inline uint32_t aes_load(const uint8_t *from) {
  return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static inline void aes_store(uint8_t *to, uint32_t word) {
  to[0] = (uint8_t)(word >> 24), to[1] = (uint8_t)(word >> 16), to[2] = (uint8_t)(word >> 8), to[3] = (uint8_t)word;
}

static inline uint32_t aes_substitute(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return (uint32_t)aes_sbox[a >> 24] << 24 | (uint32_t)aes_sbox[b >> 16 & 255] << 16 |
         (uint32_t)aes_sbox[c >> 8 & 255] << 8 | aes_sbox[d & 255];
}

// Section 5.2.
static void aes_expand(uint32_t key[AES_WORDS], const uint8_t bytes[AES_BLOCK]) {
  uint8_t constant = 1;
  for (int i = 0; i < 4; i++) key[i] = aes_load(bytes + 4 * i);
  for (int i = 4; i < AES_WORDS; i++) {
    uint32_t word = key[i - 1];
    if (i % 4 == 0) {
      const uint32_t rotated = aes_right(word, 24);
      word = aes_substitute(rotated, rotated, rotated, rotated) ^ (uint32_t)constant << 24;
      constant = aes_double(constant);
    }
    key[i] = key[i - 4] ^ word;
  }
}

static inline uint32_t aes_mix(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return aes_table[a >> 24] ^ aes_right(aes_table[b >> 16 & 255], 8) ^ aes_right(aes_table[c >> 8 & 255], 16) ^
         aes_right(aes_table[d & 255], 24);
}

static void aes_encrypt(const uint32_t key[AES_WORDS], uint32_t s[4]) {
  for (int i = 0; i < 4; i++) s[i] ^= key[i];
  for (int round = 1; round < AES_ROUNDS; round++) {
    const uint32_t a = s[0], b = s[1], c = s[2], d = s[3];
    s[0] = aes_mix(a, b, c, d) ^ key[4 * round];
    s[1] = aes_mix(b, c, d, a) ^ key[4 * round + 1];
    s[2] = aes_mix(c, d, a, b) ^ key[4 * round + 2];
    s[3] = aes_mix(d, a, b, c) ^ key[4 * round + 3];
  }
  const uint32_t a = s[0], b = s[1], c = s[2], d = s[3], *last = key + 4 * AES_ROUNDS;
  s[0] = aes_substitute(a, b, c, d) ^ last[0];
  s[1] = aes_substitute(b, c, d, a) ^ last[1];
  s[2] = aes_substitute(c, d, a, b) ^ last[2];
  s[3] = aes_substitute(d, a, b, c) ^ last[3];
}

// `length` is a multiple of 16, and nothing is padded.
static void aes_cbc(const uint8_t *key, const uint8_t *vector, const uint8_t *from, uint8_t *to, size_t length) {
  uint32_t expanded[AES_WORDS], s[4];
  aes_expand(expanded, key);
  for (int i = 0; i < 4; i++) s[i] = aes_load(vector + 4 * i);
  for (size_t at = 0; at < length; at += AES_BLOCK) {
    for (int i = 0; i < 4; i++) s[i] ^= aes_load(from + at + 4 * (size_t)i);
    aes_encrypt(expanded, s);
    for (int i = 0; i < 4; i++) aes_store(to + at + 4 * (size_t)i, s[i]);
  }
}

#endif
