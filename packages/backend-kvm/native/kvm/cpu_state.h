// The register state in which a virtine is entered: 64-bit mode, CPL 3, no kernel below it.
#pragma once

#include <linux/kvm.h>

#include <cstdint>

#include "kvm/kvm.h"

namespace colony {

// The descriptor tables of a guest that serves its own exceptions: guest virtual addresses.
struct TrapTables {
  kvm_dtable gdt, idt;
};

// Changes `sregs`, as KVM made it, for direct entry. `tss` is the guest virtual address of the TSS. It sets everything
// that VMX (SDM vol. 3C, 27.3.1) and SVM (APM vol. 2, 15.5.1) check at entry. The software KVM of the tests does not
// check it.
// Without `traps` any exception ends the run.
void direct_entry(kvm_sregs& sregs, const Kvm& kvm, uint64_t page_table, uint64_t tss, uint32_t tss_limit,
                  const TrapTables* traps);

// Bit 1 is always one. I/O privilege level 0: only the TSS bitmap grants ports, and the guest cannot change its interrupt
// flag, which is set for guests that take ticks.
inline constexpr uint64_t kGuestRflags = 2, kInterruptFlag = 0x200;
inline constexpr uint64_t guest_rflags(bool ticks) { return kGuestRflags | (ticks ? kInterruptFlag : 0); }

}  // namespace colony
