// From the top down: the program's path, texts, random bytes, the platform's name; then argc, argv, environ, auxv.
#include "stack.h"

#include <asm/auxvec.h>
#include <asm/errno.h>
#include <linux/auxvec.h>

#include "../memory/memory.h"
#include "processor.h"

enum { RANDOM_BYTES = 16, CLOCK_TICK = 100, FSGSBASE = 2, LEAST_SIGNAL_STACK = 2048, FRAME_BYTES = 1024 };

struct entry {
  uint64_t key, value;
};

static uint64_t push(uint64_t *top, const void *from, size_t length) {
  *top -= length;
  memcpy((void *)*top, from, length);
  return *top;
}
static uint64_t push_text(uint64_t *top, const char *text) { return push(top, text, strlen(text) + 1); }

static uint64_t length_of(const struct texts *texts) {
  uint64_t length = 0;
  for (size_t i = 0; i < texts->count; i++) length += strlen(texts->items[i]) + 1;
  return length;
}

// Writes the texts below `top`, their addresses at `list`, and a NULL. Returns the end of the list.
static uint64_t *put_texts(const struct texts *texts, uint64_t *top, uint64_t *list) {
  for (size_t i = 0; i < texts->count; i++) *list++ = push_text(top, texts->items[i]);
  *list++ = 0;
  return list;
}

// A signal's frame needs room for the processor's registers and for the rest of the frame.
static uint64_t signal_stack(void) {
  uint64_t whole = processor()->registers + FRAME_BYTES;
  return whole > LEAST_SIGNAL_STACK ? whole : LEAST_SIGNAL_STACK;
}

struct places {
  uint64_t path, random, platform;
};

static struct places put_places(const char *path, uint64_t *top) {
  struct places places;
  uint8_t random[RANDOM_BYTES];
  random_fill(random, sizeof random);
  places.path = push_text(top, path);
  places.platform = push_text(top, "x86_64");
  places.random = push(top, random, sizeof random);
  return places;
}

#define ENTRIES 20
static void make_vector(const struct process *process, const struct places *places, struct entry vector[ENTRIES]) {
  const struct elf *elf = &process->program.elf;
  uint64_t bias = process->program.bias;
  const struct entry entries[ENTRIES] = {
      {AT_HWCAP, processor()->features},
      {AT_PAGESZ, PAGE},
      {AT_CLKTCK, CLOCK_TICK},
      {AT_PHDR, elf->table == 0 ? 0 : elf->table + bias},
      {AT_PHENT, sizeof(Elf64_Phdr)},
      {AT_PHNUM, elf->header.e_phnum},
      {AT_BASE, process->has_interpreter ? process->interpreter.bias : 0},
      {AT_FLAGS, 0},
      {AT_ENTRY, elf->header.e_entry + bias},
      {AT_UID, 0},
      {AT_EUID, 0},
      {AT_GID, 0},
      {AT_EGID, 0},
      {AT_SECURE, 0},
      {AT_RANDOM, places->random},
      {AT_HWCAP2, FSGSBASE},
      {AT_EXECFN, places->path},
      {AT_PLATFORM, places->platform},
      {AT_MINSIGSTKSZ, signal_stack()},
      {AT_NULL, 0},
  };
  memcpy(vector, entries, sizeof entries);
}

// argc, two lists with their ends, and the vector.
static uint64_t table_bytes(const struct program *program) {
  uint64_t words = 3 + program->arguments.count + program->environment.count;
  return words * sizeof(uint64_t) + ENTRIES * sizeof(struct entry);
}

static uint64_t aligned(uint64_t address) { return address & ~(uint64_t)15; }

int64_t stack_build(const struct process *process, const struct program *program, uint64_t *pointer) {
  uint64_t texts = length_of(&program->arguments) + length_of(&program->environment);
  if (texts + table_bytes(program) > (process->stack.end - process->stack.start) / 4) return -E2BIG;
  uint64_t top = process->stack.end - sizeof(uint64_t);
  struct places places = put_places(program->path, &top);
  *pointer = aligned(top - texts - table_bytes(program));
  uint64_t *at = (uint64_t *)*pointer;
  *at++ = program->arguments.count;
  at = put_texts(&program->arguments, &top, at);
  at = put_texts(&program->environment, &top, at);
  make_vector(process, &places, (struct entry *)at);
  return 0;
}
