// Maps an image. It makes only the checks of the ELF file that matter for running it. The hypervisor's loader is the
// one that gets hostile images.
#define _GNU_SOURCE
#include "guest.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096u
#define STACK_ADDRESS 0x80000000u
#define SYSTEM_ADDRESS 0xf0000000u
#define NATIVE_HEAP_ADDRESS 0x8000000000u
#define XSAVE_SIZE 4096u
#define MXCSR_OFFSET 24
#define MXCSR_DEFAULT 0x1f80u

struct note {
  uint32_t abi, flags;
  uint64_t stack_size, heap_base, heap_initial, resume;
};

static void refuse(const char *why) {
  fprintf(stderr, "harness: %s\n", why);
  exit(2);
}

static struct region *map_region(struct guest *guest, uintptr_t address, size_t size, int prot) {
  if (guest->region_count == MAX_REGIONS) refuse("too many segments");
  void *at = mmap((void *)address, size, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
  if (at != (void *)address) refuse("an address of the image is taken in this process");
  struct region *region = &guest->regions[guest->region_count++];
  *region = (struct region){address, size, prot};
  return region;
}

static int protection(uint32_t flags) {
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static void load_segment(struct guest *guest, const char *file, const Elf64_Phdr *segment) {
  size_t size = (segment->p_memsz + PAGE - 1) & ~(size_t)(PAGE - 1);
  map_region(guest, segment->p_vaddr, size, protection(segment->p_flags));
  memcpy((void *)segment->p_vaddr, file + segment->p_offset, segment->p_filesz);
  mprotect((void *)segment->p_vaddr, size, protection(segment->p_flags));
}

static const struct note *find_note(const char *file, const Elf64_Phdr *segment) {
  const Elf64_Nhdr *header = (const Elf64_Nhdr *)(file + segment->p_offset);
  const char *name = (const char *)(header + 1);
  if (header->n_type != COLONY_NOTE_TYPE || strcmp(name, COLONY_NOTE_NAME) != 0) return NULL;
  return (const struct note *)(name + ((header->n_namesz + 3) & ~3u));
}

static void map_rest(struct guest *guest, const struct note *note) {
  guest->stack = map_region(guest, STACK_ADDRESS, note->stack_size, PROT_READ | PROT_WRITE);
  guest->system = map_region(guest, SYSTEM_ADDRESS, XSAVE_SIZE, PROT_READ);
  *(uint32_t *)(SYSTEM_ADDRESS + MXCSR_OFFSET) = MXCSR_DEFAULT;
  mprotect((void *)(uintptr_t)SYSTEM_ADDRESS, XSAVE_SIZE, PROT_READ);
  uintptr_t base = note->heap_base != 0 ? note->heap_base : NATIVE_HEAP_ADDRESS;
  guest->heap = map_region(guest, base, COLONY_WASM_ADDRESS_SPACE, PROT_READ | PROT_WRITE);
  mprotect((void *)base, COLONY_WASM_ADDRESS_SPACE, PROT_NONE);
  guest->heap->size = 0;
  guest_resize_heap(guest, note->heap_initial);
}

static void first_registers(struct guest *guest) {
  gregset_t *r = &guest->registers;
  (*r)[REG_RIP] = (greg_t)guest->entry;
  (*r)[REG_RSP] = (greg_t)guest->stack->address + (greg_t)guest->stack->size;
  (*r)[REG_RDI] = (greg_t)guest->heap->address;
  (*r)[REG_RSI] = (greg_t)guest->heap->size;
  (*r)[REG_RDX] = (greg_t)guest->heap_limit;
  (*r)[REG_RCX] = COLONY_ABI_VERSION;
  (*r)[REG_R8] = (greg_t)guest->system->address;
  (*r)[REG_EFL] = 0x202;
}

void guest_load(struct guest *guest, const char *path, size_t heap_limit) {
  int fd = open(path, O_RDONLY);
  struct stat stat;
  if (fd < 0 || fstat(fd, &stat) != 0) refuse("cannot read the image");
  const char *file = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  const Elf64_Ehdr *header = (const Elf64_Ehdr *)file;
  if (file == MAP_FAILED || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0) refuse("not an ELF file");

  *guest = (struct guest){.heap_limit = heap_limit, .entry = header->e_entry};
  const struct note *note = NULL;
  const Elf64_Phdr *segments = (const Elf64_Phdr *)(file + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++) {
    if (segments[i].p_type == PT_LOAD && segments[i].p_memsz > 0) load_segment(guest, file, &segments[i]);
    if (segments[i].p_type == PT_NOTE && note == NULL) note = find_note(file, &segments[i]);
  }
  if (note == NULL || note->abi != COLONY_ABI_VERSION) refuse("no Colony note of this ABI version");
  guest->resume = note->resume;
  map_rest(guest, note);
  first_registers(guest);
}
