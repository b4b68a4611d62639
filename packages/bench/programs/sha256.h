// SHA-256, plainly after FIPS 180-4. A workload, checked against the standard's examples.
#ifndef COLONY_BENCH_SHA256_H
#define COLONY_BENCH_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_BYTES = 32 };

static const uint32_t sha256_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t sha256_right(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

static void sha256_block(uint32_t state[8], const uint8_t *block) {
  uint32_t w[64];
  for (int t = 0; t < 16; t++) {
    w[t] = (uint32_t)block[4 * t] << 24 | (uint32_t)block[4 * t + 1] << 16 | (uint32_t)block[4 * t + 2] << 8 |
           block[4 * t + 3];
  }
  for (int t = 16; t < 64; t++) {
    const uint32_t s0 = sha256_right(w[t - 15], 7) ^ sha256_right(w[t - 15], 18) ^ w[t - 15] >> 3;
    const uint32_t s1 = sha256_right(w[t - 2], 17) ^ sha256_right(w[t - 2], 19) ^ w[t - 2] >> 10;
    w[t] = s1 + w[t - 7] + s0 + w[t - 16];
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6],
           h = state[7];
  for (int t = 0; t < 64; t++) {
    const uint32_t big1 = sha256_right(e, 6) ^ sha256_right(e, 11) ^ sha256_right(e, 25);
    const uint32_t t1 = h + big1 + ((e & f) ^ (~e & g)) + sha256_constants[t] + w[t];
    const uint32_t big0 = sha256_right(a, 2) ^ sha256_right(a, 13) ^ sha256_right(a, 22);
    const uint32_t t2 = big0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e, state[5] += f, state[6] += g,
      state[7] += h;
}

static void sha256(const uint8_t *data, size_t length, uint8_t digest[SHA256_BYTES]) {
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  size_t at = 0;
  for (; length - at >= SHA256_BLOCK; at += SHA256_BLOCK) sha256_block(state, data + at);
  // Section 5.1.1: a one, zeros, and the length in bits.
  uint8_t last[2 * SHA256_BLOCK] = {0};
  const size_t rest = length - at, blocks = rest < 56 ? 1 : 2;
  for (size_t i = 0; i < rest; i++) last[i] = data[at + i];
  last[rest] = 0x80;
  for (int i = 0; i < 8; i++) last[blocks * SHA256_BLOCK - 1 - (size_t)i] = (uint8_t)((uint64_t)length * 8 >> 8 * i);
  for (size_t i = 0; i < blocks; i++) sha256_block(state, last + i * SHA256_BLOCK);
  for (int i = 0; i < SHA256_BYTES; i++) digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

#endif
