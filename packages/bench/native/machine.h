// One virtual machine, made and entered with the fewest calls that direct entry to 64-bit CPL 3 needs. The state is
// that of packages/backend-kvm/native (kvm/cpu_state.cc, memory/page_tables.cc), duplicated on purpose: a floor that
// shared Colony's code would change with it.
//
//   guest physical                       guest virtual = 0x400000 + guest physical
//   0x00000  page tables (PML4, PDPT, PD, 9 PT)  not mapped
//   0x0c000  system page: TSS, I/O bitmap        read
//   0x0d000  text                                read, execute
//   0x10000  4096 pages of data                  read, write
//   ..       rest of the slot                    not mapped
#ifndef COLONY_BENCH_MACHINE_H
#define COLONY_BENCH_MACHINE_H

#include <linux/kvm.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PAGE = 4096,
  TABLES = 9,  // of 2 MiB each
  SYSTEM = (3 + TABLES) * PAGE,
  TEXT = SYSTEM + PAGE,
  DATA = 0x10000,
  DATA_PAGES = 4096,
  IMAGE_END = DATA + DATA_PAGES * PAGE,
  SLOT = 32 << 20,  // the default memory limit of a Colony context
  LOG_WORDS = SLOT / PAGE / 64,
  BASE = 0x400000,
};

struct machine {
  uint8_t *memory;
  int vm, vcpu;
  struct kvm_run *run;
  struct kvm_regs regs;  // the host's state between an exit and the next entry
};

// Set-up once per process: /dev/kvm, its facts, and the frozen image in a memfd.
void machine_world(void);
const uint8_t *machine_image(void);

void machine_open(struct machine *m);
void machine_close(struct machine *m);
// Enters; returns at the guest's `out`. The guest writes `pages` pages of data first.
void machine_enter(struct machine *m, uint64_t pages);
// Pages written since they were last cleared, one bit per page; clears nothing.
void machine_dirty(struct machine *m, uint64_t log[LOG_WORDS]);

#endif
