// Memory: pages that a call makes dirty, and memory that it must not reach. Unless noted, each ends in ERR_GUEST_FAULT.
#include <colony/virtine.h>

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PAGES = 1024 };

// Writes one byte on each of `count` pages of bss (at most 1024). No error.
static uint8_t pages[PAGES * PAGE] __attribute__((aligned(PAGE)));
int dirty_pages(int count) {
  for (int i = 0; i < count && i < PAGES; i++) pages[i * PAGE]++;
  return pages[0];
}
COLONY_EXPORT(int, dirty_pages, int);

// The same on the heap, `count` pages of it. No error, or ERR_LIMIT_MEMORY.
int dirty_heap(int count) {
  volatile uint8_t *data = malloc((size_t)count * PAGE);
  for (int i = 0; i < count; i++) data[(size_t)i * PAGE] = 1;
  return data[0];
}
COLONY_EXPORT(int, dirty_heap, int);

// Faults for an address that pointers cannot hold.
static uintptr_t checked(uint64_t address) {
  if (address > UINTPTR_MAX) __builtin_trap();
  return (uintptr_t)address;
}
int read_at(uint64_t address) { return *(volatile uint8_t *)checked(address); }
COLONY_EXPORT(int, read_at, uint64_t);

void write_at(uint64_t address) { *(volatile uint8_t *)checked(address) = 1; }
COLONY_EXPORT(void, write_at, uint64_t);

void jump_to(uint64_t address) { ((void (*)(void))checked(address))(); }
COLONY_EXPORT(void, jump_to, uint64_t);

#ifndef __wasm32__  // on wasm32 code has no address, data is not code, and all memory is writable
void write_text(void) { *(volatile uint8_t *)(uintptr_t)&read_at = 0xc3; }
COLONY_EXPORT(void, write_text);

static const uint8_t constant[64] = {1};
void write_rodata(void) {
  const uint8_t *at = constant;
  __asm__("" : "+r"(at));
  *(volatile uint8_t *)(uintptr_t)at = 2;
}
COLONY_EXPORT(void, write_rodata);

static uint8_t code[16] = {0xc3};  // ret
void execute_data(void) { ((void (*)(void))(uintptr_t)code)(); }
COLONY_EXPORT(void, execute_data);

void execute_stack(void) {
  volatile uint8_t stack_code[16] = {0xc3};
  ((void (*)(void))(uintptr_t)stack_code)();
}
COLONY_EXPORT(void, execute_stack);

void execute_heap(void) {
  uint8_t *heap_code = malloc(16);
  heap_code[0] = 0xc3;
  ((void (*)(void))(uintptr_t)heap_code)();
}
COLONY_EXPORT(void, execute_heap);
#endif

__attribute__((noinline)) static int deeper(int n) {
  volatile char frame[256];
  frame[0] = (char)n;
  return deeper(n + 1) + frame[0];
}
int recurse(void) { return deeper(0); }
COLONY_EXPORT(int, recurse);

// Moves the stack pointer by `distance` and writes there: beyond the guard page, if that is the only protection.
void write_below_stack(uint64_t distance) {
  volatile uint8_t here;
  *(volatile uint8_t *)((uintptr_t)&here - (uintptr_t)distance) = 1;  // as numbers, else clang takes the distance for 0
}
COLONY_EXPORT(void, write_below_stack, uint64_t);

// Writes the byte after the heap.
void write_beyond_heap(void) {
  for (volatile uint8_t *at = malloc(1);; at += PAGE) *at = 1;
}
COLONY_EXPORT(void, write_beyond_heap);

// ERR_LIMIT_MEMORY.
int allocate_without_end(void) {
  for (size_t total = 0;; total += 1 << 20) {
    volatile uint8_t *block = malloc(1 << 20);  // volatile: clang would see that the block is never read
    if (block == NULL) return (int)(total >> 20);
    for (size_t i = 0; i < 1 << 20; i += PAGE) block[i] = 1;
  }
}
COLONY_EXPORT(int, allocate_without_end);

// ERR_GUEST_TRAP, each by the allocator's own checks.
void double_free(void) {
  void *volatile block = malloc(100);
  free(block);
  free(block);
}
COLONY_EXPORT(void, double_free);

void free_of_nothing(void) {
  char *volatile block = malloc(100);
  free(block + 16);
}
COLONY_EXPORT(void, free_of_nothing);

void heap_overflow(void) {
  uint8_t *volatile block = malloc(24), *volatile next = malloc(24);
  memset(block, 0xff, 64);
  __asm__ volatile("" : : "r"(block) : "memory");  // otherwise gcc sees that the block is never read
  free(next);
}
COLONY_EXPORT(void, heap_overflow);
