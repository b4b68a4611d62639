// Thin owners of KVM's three kinds of descriptor. Nothing here depends on virtines.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <memory>

#include "base/error.h"
#include "base/os.h"

namespace colony {

// KVM's kvm_cpuid2 with room for all its entries. Declared here, because in C++ the kernel header's flexible array gets
// another offset (and the ioctl another number).
struct CpuidTable {
  static constexpr uint32_t kMost = 256;
  uint32_t count = kMost;
  uint32_t padding = 0;
  kvm_cpuid_entry2 entries[kMost] = {};
};

// /dev/kvm, opened once, with the features of this machine's KVM and CPU.
class Kvm {
 public:
  // kUnavailable, with the remedy in the message, if virtines cannot run.
  static Result<std::shared_ptr<const Kvm>> open(const char* device = "/dev/kvm");

  int fd() const { return fd_.get(); }
  size_t run_size() const { return run_size_; }
  // XCR0 of guests: x87, SSE, AVX and AVX-512, as far as they are supported.
  uint64_t xcr0() const { return xcr0_; }
  // KVM emulates XSAVE's control state. If it does not report that, guests run with the host's.
  bool guest_xsave() const { return (features_[0] >> 26 & 1) != 0; }
  uint64_t cr4() const { return cr4_; }
  // Frequency of the time-stamp counter that guests read; 0 if KVM does not know it.
  uint64_t tsc_khz() const { return tsc_khz_; }
  const CpuidTable& cpuid() const { return cpuid_; }
  // CPU features that a snapshot may depend on (CPUID 1.ecx/edx, 7.ebx/ecx), for its file.
  const uint32_t* features() const { return features_; }

 private:
  Status probe();
  Status read_cpuid();
  Status try_machine();

  UniqueFd fd_;
  size_t run_size_ = 0;
  uint64_t xcr0_ = 3;
  uint64_t cr4_ = 0;
  uint64_t tsc_khz_ = 0;
  uint32_t features_[4] = {};
  CpuidTable cpuid_;
};

// One virtual machine with one vCPU and one memory slot.
class Vm {
 public:
  // `memory` stays mapped for as long as the Vm lives.
  static Result<Vm> create(const Kvm& kvm, uint8_t* memory, uint64_t size);

  kvm_run& run() { return *reinterpret_cast<kvm_run*>(run_.data()); }
  // 0, or errno of KVM_RUN.
  int enter();
  // Lets an interrupt reach the guest at the next entry, if the last exit reported that the guest takes one. Returns false if
  // it does not. The caller enters the guest before anything else: the interrupt waits in the vCPU.
  Result<bool> interrupt(uint32_t vector);
  // Lets KVM finish the operation that the last exit left pending, without running the guest. Otherwise it may do so at the
  // next entry, and skip an instruction of the guest that starts there.
  Status finish_exit();
  Status set_sregs(const kvm_sregs& sregs);
  Result<kvm_sregs> get_sregs();
  // Sets the address that SYSCALL goes to; 0 is that of a new vCPU.
  Status set_system_call_entry(uint64_t address);
  // Vector, x87 and MXCSR state as after reset.
  Status clear_vector_state();
  // Removes the memory slot and adds it again: KVM drops everything that it derived from the guest's page tables.
  Status replace_memory();
  // Fills `bitmap` (a bit a page) with the pages written since they were last cleared.
  Status get_dirty_log(uint64_t* bitmap);
  // Clears and write-protects the pages whose bits are set; first_page is a multiple of 64.
  Status clear_dirty_log(uint64_t* bitmap, uint64_t first_page, uint32_t pages);

 private:
  Status set_memory(uint64_t size);
  Status enable_dirty_log();
  Status add_vcpu(const Kvm& kvm);
  Status mark_no_exception();

  UniqueFd vm_;
  UniqueFd vcpu_;
  Mapping run_;
  uint8_t* memory_ = nullptr;
  uint64_t size_ = 0;
};

}  // namespace colony
