#define _GNU_SOURCE
#include "journal.h"

#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define MAX_PAGES 65536u

static struct {
  struct guest start;  // registers and heap size at journal_begin
  bool active;
  size_t count;
  uintptr_t pages[MAX_PAGES];
  char (*copies)[PAGE];
} journal;

static void protect_all(int prot) {
  for (size_t i = 0; i < journal.start.region_count; i++) {
    const struct region *region = &journal.start.regions[i];
    if ((region->prot & PROT_WRITE) && region->size > 0) mprotect((void *)region->address, region->size, prot);
  }
}

void journal_begin(struct guest *guest) {
  if (journal.copies == NULL) {
    journal.copies = mmap(NULL, (size_t)MAX_PAGES * PAGE, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  journal.start = *guest;
  journal.count = 0;
  journal.active = true;
  protect_all(PROT_READ);
}

void journal_rollback(struct guest *guest) {
  size_t heap_index = (size_t)(guest->heap - guest->regions);
  guest_resize_heap(guest, journal.start.regions[heap_index].size);
  for (size_t i = 0; i < journal.count; i++) memcpy((void *)journal.pages[i], journal.copies[i], PAGE);
  memcpy(guest->registers, journal.start.registers, sizeof(gregset_t));
  journal.count = 0;
  protect_all(PROT_READ);
}

bool journal_active(void) { return journal.active; }
size_t journal_pages(void) { return journal.count; }
uintptr_t journal_page(size_t index) { return journal.pages[index]; }

bool journal_write(uintptr_t address) {
  if (!journal.active || !guest_allows(&journal.start, address, 1, PROT_WRITE)) return false;
  if (journal.count == MAX_PAGES) return false;
  uintptr_t page = address & ~(uintptr_t)(PAGE - 1);
  memcpy(journal.copies[journal.count], (void *)page, PAGE);
  journal.pages[journal.count++] = page;
  mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE);
  return true;
}
