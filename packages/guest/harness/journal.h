// The snapshot: from journal_begin on, a page is saved when it is first written, and journal_rollback puts all of
// them back. What is in the journal is exactly what the guest (and the host for it) wrote.
#ifndef COLONY_HARNESS_JOURNAL_H
#define COLONY_HARNESS_JOURNAL_H

#include "guest.h"

void journal_begin(struct guest *guest);
void journal_rollback(struct guest *guest);
bool journal_active(void);
size_t journal_pages(void);
uintptr_t journal_page(size_t index);

// From the fault handler: saves the page and makes it writable; false where the page is not of the snapshot.
bool journal_write(uintptr_t address);

#endif
