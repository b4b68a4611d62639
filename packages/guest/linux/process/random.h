// ChaCha20 as RFC 8439 has it.
#ifndef COLONY_LINUX_RANDOM_H
#define COLONY_LINUX_RANDOM_H

#include "../kernel.h"

void chacha20_begin(uint32_t state[16], const uint8_t key[32], uint32_t counter, const uint8_t nonce[12]);
void chacha20_block(const uint32_t state[16], uint8_t block[64]);

#endif
