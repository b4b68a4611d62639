// The snapshot. From journal_begin on, a page is saved when it is first written, and journal_rollback restores all
// saved pages. The journal has exactly the pages that the guest (and the host for it) wrote.
#ifndef COLONY_HARNESS_JOURNAL_H
#define COLONY_HARNESS_JOURNAL_H

#include "guest.h"

void journal_begin(struct guest *guest);
void journal_rollback(struct guest *guest);
bool journal_active(void);
size_t journal_pages(void);
uintptr_t journal_page(size_t index);

// For the fault handler: saves the page and makes it writable. Returns false if the page is not in the snapshot.
bool journal_write(uintptr_t address);

#endif
