// Randomness: ChaCha20 (RFC 8439), keyed for each call by the host's seed, or by the processor if the policy grants none.
#include "random.h"

#include <asm/errno.h>
#include <linux/random.h>

#include "process.h"
#include "processor.h"

static struct {
  uint32_t state[16];
  uint8_t block[64];
  size_t used;      // bytes of the block
  uint32_t starts;  // in the nonce: the same seed twice gives two streams
} stream = {.used = sizeof stream.block};

static uint32_t rotate(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d) {
  *a += *b, *d = rotate(*d ^ *a, 16);
  *c += *d, *b = rotate(*b ^ *c, 12);
  *a += *b, *d = rotate(*d ^ *a, 8);
  *c += *d, *b = rotate(*b ^ *c, 7);
}

static void double_round(uint32_t x[16]) {
  for (int i = 0; i < 4; i++) quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
  for (int i = 0; i < 4; i++) quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
}

void chacha20_begin(uint32_t state[16], const uint8_t key[32], uint32_t counter, const uint8_t nonce[12]) {
  memcpy(state, "expand 32-byte k", 16);
  memcpy(state + 4, key, 32);
  state[12] = counter;
  memcpy(state + 13, nonce, 12);
}

void chacha20_block(const uint32_t state[16], uint8_t block[64]) {
  uint32_t x[16];
  memcpy(x, state, sizeof x);
  for (int i = 0; i < 10; i++) double_round(x);
  for (int i = 0; i < 16; i++) x[i] += state[i];
  memcpy(block, x, sizeof x);
}

// The instructions fail now and then. Ten tries are what Intel advises.
enum { TRIES = 10 };
static bool rdrand(uint64_t *value) {
  unsigned char good = 0;
  for (int i = 0; i < TRIES && !good; i++) __asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(good) : : "cc");
  return good;
}
static bool rdseed(uint64_t *value) {
  unsigned char good = 0;
  for (int i = 0; i < TRIES && !good; i++) __asm__ volatile("rdseed %0; setc %1" : "=r"(*value), "=qm"(good) : : "cc");
  return good;
}

// A processor without random numbers has only its counter. Programs run, but must not rely on secrets.
static uint64_t from_counter(void) {
  uint64_t value = 0;
  for (int i = 0; i < 64; i++) value = (value << 7 | value >> 57) ^ __builtin_ia32_rdtsc() * 0x9e3779b97f4a7c15;
  return value;
}

static uint64_t from_processor(void) {
  uint64_t value;
  if (processor()->rdrand && rdrand(&value)) return value;
  if (processor()->rdseed && rdseed(&value)) return value;
  return from_counter();
}

static void processor_key(uint8_t key[32]) {
  for (int i = 0; i < 32; i += 8) {
    uint64_t value = from_processor();
    memcpy(key + i, &value, sizeof value);
  }
}

void random_start(const struct host_facts *facts) {
  uint8_t key[32], nonce[12] = {0};
  if (facts->seeded) memcpy(key, facts->seed, sizeof key);
  else processor_key(key);
  stream.starts++;
  memcpy(nonce, &stream.starts, sizeof stream.starts);
  chacha20_begin(stream.state, key, 0, nonce);
  stream.used = sizeof stream.block;
}

static void next_block(void) {
  chacha20_block(stream.state, stream.block);
  stream.used = 0;
  // The counter has 32 bits; the nonce takes the carry.
  if (++stream.state[12] == 0) stream.state[15]++;
}

// Bytes are erased once they were given.
void random_fill(void *to, size_t length) {
  process_need_facts();
  for (uint8_t *at = to, *end = at + length; at < end;) {
    if (stream.used == sizeof stream.block) next_block();
    size_t left = sizeof stream.block - stream.used, count = left < (size_t)(end - at) ? left : (size_t)(end - at);
    memcpy(at, stream.block + stream.used, count);
    memset(stream.block + stream.used, 0, count);
    stream.used += count;
    at += count;
  }
}

SYSTEM_CALL(getrandom) {
  const uint64_t most = INT32_MAX & ~(PAGE - 1), sources = GRND_RANDOM | GRND_INSECURE;
  uint64_t length = a[1] < most ? a[1] : most;
  if ((a[2] & ~(sources | GRND_NONBLOCK)) != 0 || (a[2] & sources) == sources) return -EINVAL;
  if (!user_range(a[0], length)) return -EFAULT;
  random_fill((void *)a[0], length);
  return (int64_t)length;
}
