// The suite's program in C: the exports that programs/suite.wat and src/programs/javascript.ts have too, so that a law
// can be told in each language in the same words.
#include <colony/virtine.h>

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 65536, FRAME = 4096, PLACES = 4 };

int add(int a, int b) { return (int)((unsigned)a + (unsigned)b); }
COLONY_EXPORT(int, add, int, int);

void nothing(void) {}
COLONY_EXPORT(void, nothing);

#define ECHO(name, type)                 \
  type name(type value) { return value; } \
  COLONY_EXPORT(type, name, type)
ECHO(echoI32, int32_t);
ECHO(echoI64, int64_t);
ECHO(echoF32, float);
ECHO(echoF64, double);

// ---- State ----
static int counter;
int bump(void) { return ++counter; }
COLONY_EXPORT(int, bump);

static int kept;
void keep(int value) { kept = value; }
COLONY_EXPORT(void, keep, int);
int recall(void) { return kept; }
COLONY_EXPORT(int, recall);

// Leaves a secret in a variable (0), in memory that starts as zero (1), on the heap (2) or on the stack (3). The stored
// value differs from the secret, because the request of the call that looks for it also has the secret.
static int disguised(int secret) { return secret ^ 0x5a5aa5a5; }

static int initialized = -1;
static int zeroed[BLOCK / 4];
static int *volatile heap;

__attribute__((noinline)) static void onStack(int secret) {
  volatile int frame[FRAME];
  for (int i = 0; i < FRAME; i++) frame[i] = secret;
}

void hideSecret(int where, int number) {
  int secret = disguised(number);
  if (where == 0) initialized = secret;
  if (where == 1)
    for (int i = 0; i < BLOCK / 4; i++) zeroed[i] = secret;
  if (where == 2) {
    heap = malloc(BLOCK);
    for (int i = 0; i < BLOCK / 4; i++) heap[i] = secret;
  }
  if (where == 3) onStack(secret);
}
COLONY_EXPORT(void, hideSecret, int, int);

static int count(const volatile int *from, int length, int secret) {
  int found = 0;
  for (int i = 0; i < length; i++) found += from[i] == secret;
  return found;
}

__attribute__((noinline)) static int countOnStack(int secret) {
  volatile int frame[FRAME];
  __asm__ volatile("" : "=m"(frame));
  return count(frame, FRAME, secret);
}

// How often the secret is found in all of these places.
int findSecret(int number) {
  int secret = disguised(number);
  int found = (initialized == secret) + (heap != NULL) + countOnStack(secret) + count(zeroed, BLOCK / 4, secret);
  return found + count(malloc(BLOCK), BLOCK / 4, secret);
}
COLONY_EXPORT(int, findSecret, int);

// ---- What takes long, or much ----
void loop(void) {
  for (;;) __asm__ volatile("");
}
COLONY_EXPORT(void, loop);

void keepThenLoop(int value) {
  kept = value;
  loop();
}
COLONY_EXPORT(void, keepThenLoop, int);

// Uses its frame after the call, or compilers make a loop of it.
int recurse(int n) {
  volatile int frame[4] = {n};
  return n == 0 ? 0 : 1 + recurse(n - 1) + (frame[0] - n);
}
COLONY_EXPORT(int, recurse, int);

// Takes and touches as many bytes, 64 KiB at a time; gives the number of blocks.
int allocate(int bytes) {
  int blocks = 0;
  for (int left = bytes; left > 0; left -= BLOCK) {
    volatile char *block = malloc(BLOCK);
    if (block == NULL) colony_throw("malloc gave nothing");
    for (int i = 0; i < BLOCK; i += FRAME) block[i] = 1;
    blocks++;
  }
  return blocks;
}
COLONY_EXPORT(int, allocate, int);

// Memory that was never written must read as zero.
int freshMemory(int bytes) {
  const volatile unsigned char *block = malloc((size_t)bytes);
  int found = 0;
  for (int i = 0; i < bytes; i++) found |= block[i];
  return found;
}
COLONY_EXPORT(int, freshMemory, int);

// ---- Traps and faults ----
int divide(int a, int b) {
  volatile int divisor = b;
  return a / divisor;
}
COLONY_EXPORT(int, divide, int, int);

void giveUp(void) { abort(); }
COLONY_EXPORT(void, giveUp);

// The last bytes of the address space: nobody's, on every target.
int outOfBounds(void) { return *(volatile int *)(uintptr_t)-16; }
COLONY_EXPORT(int, outOfBounds);

// ---- Hypercalls ----
int askHost(int n) { return (int)colony_as_int(colony_call("host.ask", n)); }
COLONY_EXPORT(int, askHost, int);

int askHostMany(int n) {
  int sum = 0;
  for (int i = 0; i < n; i++) sum += askHost(i);
  return sum;
}
COLONY_EXPORT(int, askHostMany, int);

int keepThenAskHost(int value) {
  kept = value;
  return askHost(value);
}
COLONY_EXPORT(int, keepThenAskHost, int);

void askHostThenLoop(int n) {
  askHost(n);
  loop();
}
COLONY_EXPORT(void, askHostThenLoop, int);

void storm(void) {
  for (;;) askHost(0);
}
COLONY_EXPORT(void, storm);
