#include "kvm/cpu_state.h"

#include "base/selectors.h"

namespace colony {
namespace {

constexpr uint64_t kCr0 = 0x80050033;  // PG, AM, WP, NE, ET, MP, PE
constexpr uint64_t kCr4Tsd = 1 << 2;
constexpr uint64_t kEfer = 0xd00;  // NXE, LMA, LME; SCE off: no SYSCALL
constexpr uint16_t kTssSelector = 0x40;

kvm_segment code_segment() {
  kvm_segment s{};
  s.limit = 0xffffffff;
  s.selector = kCodeSelector;
  s.type = 11;  // execute, read, accessed
  s.present = 1;
  s.dpl = 3;
  s.s = 1;
  s.l = 1;
  s.g = 1;
  return s;
}

kvm_segment data_segment() {
  kvm_segment s{};
  s.limit = 0xffffffff;
  s.selector = kDataSelector;
  s.type = 3;  // read, write, accessed
  s.present = 1;
  s.dpl = 3;
  s.s = 1;
  s.db = 1;
  s.g = 1;
  return s;
}

kvm_segment task_segment(uint64_t base, uint32_t limit) {
  kvm_segment s{};
  s.base = base;
  s.limit = limit;
  s.selector = kTssSelector;
  s.type = 11;  // busy 64-bit TSS, which VM entry demands
  s.present = 1;
  return s;
}

}  // namespace

void direct_entry(kvm_sregs& sregs, const Kvm& kvm, uint64_t page_table, uint64_t tss, uint32_t tss_limit,
                  const TrapTables* traps) {
  sregs.cs = code_segment();
  sregs.ds = sregs.es = sregs.ss = sregs.fs = sregs.gs = data_segment();
  sregs.tr = task_segment(tss, tss_limit);
  sregs.ldt = kvm_segment{};
  sregs.ldt.type = 2;
  sregs.ldt.unusable = 1;
  // Empty tables: any exception or segment load cannot be delivered and ends in a shutdown exit.
  sregs.gdt = traps != nullptr ? traps->gdt : kvm_dtable{};
  sregs.idt = traps != nullptr ? traps->idt : kvm_dtable{};
  sregs.cr0 = kCr0;
  sregs.cr2 = 0;
  sregs.cr3 = page_table;
  // A Linux program reads the time-stamp counter as it would on Linux.
  sregs.cr4 = traps != nullptr ? kvm.cr4() & ~kCr4Tsd : kvm.cr4();
  sregs.cr8 = 0;
  sregs.efer = kEfer;
}

}  // namespace colony
