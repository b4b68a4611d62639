// Machine code that bypasses the runtime: it makes its own system calls, and sends its own bytes on its channel.
#include <colony/virtine.h>

#include <string.h>

static long system_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
}

int64_t raw(int64_t number, int64_t a, int64_t b, int64_t c) { return system_call(number, a, b, c, 0, 0, 0); }
COLONY_EXPORT(int64_t, raw, int64_t, int64_t, int64_t, int64_t);

// Sends bytes to the zygote, then waits for an answer that never comes.
int say(colony_bytes bytes) {
  system_call(1, 3, (long)bytes.data, (long)bytes.len, 0, 0, 0);
  char byte;
  return (int)system_call(0, 3, (long)&byte, 1, 0, 0, 0);
}
COLONY_EXPORT(int, say, colony_bytes);

// The same, endlessly.
void babble(colony_bytes bytes) {
  for (;;) system_call(1, 3, (long)bytes.data, (long)bytes.len, 0, 0, 0);
}
COLONY_EXPORT(void, babble, colony_bytes);

// Counts descriptors besides its channel: a read of 0 bytes from a missing one is an error.
int descriptors(void) {
  int found = 0;
  for (int file = 0; file < 2048; file++) found += file != 3 && system_call(0, file, 0, 0, 0, 0, 0) != -9;
  return found;
}
COLONY_EXPORT(int, descriptors);

// Makes all possible memory writable, and writes there; returns the MiB.
extern char colony_image_end[];
int64_t take_memory(void) {
  int64_t got = 0;
  uint64_t at = ((uint64_t)colony_image_end + 4095) & ~(uint64_t)4095;
  for (uint64_t end = at + ((uint64_t)1 << 30); at < end; at += 1 << 20) {
    // Page by page if part of it is missing.
    for (uint64_t page = at; page < at + (1 << 20); page += 65536) {
      if (system_call(10, (long)page, 65536, 3, 0, 0, 0) < 0) continue;
      for (uint64_t touch = page; touch < page + 65536; touch += 4096) *(volatile char *)touch = 1;
      got += 65536;
    }
  }
  return got >> 20;
}
COLONY_EXPORT(int64_t, take_memory);

void leave(int code) { system_call(231, code, 0, 0, 0, 0, 0); }
COLONY_EXPORT(void, leave, int);

int wait_for(int n) { return (int)colony_as_int(colony_call("wait", n)); }
COLONY_EXPORT(int, wait_for, int);

void loop(void) {
  for (;;) __asm__ volatile("");
}
COLONY_EXPORT(void, loop);

int add(int a, int b) { return a + b; }
COLONY_EXPORT(int, add, int, int);
