#include "kvm/kvm.h"

#include <cpuid.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <string>

#include "kvm/exit.h"

namespace colony {
namespace {

struct CpuidHeader {
  uint32_t count;
  uint32_t padding;
};
constexpr unsigned long kGetSupportedCpuid = _IOWR(KVMIO, 0x05, CpuidHeader);
constexpr unsigned long kSetCpuid2 = _IOW(KVMIO, 0x90, CpuidHeader);
// The XSAVE area without the flexible tail, for the same reason.
struct XsaveArea {
  uint32_t region[1024];
};
constexpr unsigned long kSetXsave = _IOW(KVMIO, 0xa5, XsaveArea);

struct NeededCapability {
  int number;
  int least;  // value that KVM_CHECK_EXTENSION must reach
  const char* name;
};

constexpr NeededCapability kNeeded[] = {
    {KVM_CAP_USER_MEMORY, 1, "KVM_CAP_USER_MEMORY"},
    {KVM_CAP_IMMEDIATE_EXIT, 1, "KVM_CAP_IMMEDIATE_EXIT"},
    {KVM_CAP_SYNC_REGS, KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS, "KVM_CAP_SYNC_REGS"},
    {KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2, KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE, "KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2"},
    {KVM_CAP_XCRS, 1, "KVM_CAP_XCRS"},
};

// Describes the problem; the backend's doctor has the remedy.
Error unavailable(int error, const char* device) {
  Error e = make_error(Code::kUnavailable, "");
  e.sys_errno = error;
  const std::string name(device);
  if (error == ENOENT) {
    e.message = name + " is missing";
  } else if (error == EACCES || error == EPERM) {
    e.message = "no permission to open " + name;
  } else {
    e.message = name + " cannot be used (errno " + std::to_string(error) + ")";
  }
  return e;
}

// A pending signal may end a request early: KVM_CREATE_VM takes all locks of the address space, and gives up. It is
// repeated, as in QEMU. KVM_RUN is not repeated, because a signal must end a run.
template <typename... Argument>
int request(int fd, unsigned long number, Argument... argument) {
  int got;
  do got = ::ioctl(fd, number, argument...);
  while (got < 0 && errno == EINTR);
  return got;
}

Error no_machine(int error) {
  if (error == EBUSY)
    return make_error(Code::kUnavailable,
                      "KVM is busy: another hypervisor holds the processor's virtualization (EBUSY)");
  errno = error;
  return system_error(Code::kUnavailable, "KVM_CREATE_VM");
}

constexpr uint32_t kMsrLstar = 0xc0000082;  // SDM vol. 4, 2.1: IA32_LSTAR

// KVM's kvm_msrs with one entry.
struct OneMsr {
  uint32_t count = 1;
  uint32_t padding = 0;
  kvm_msr_entry entry = {};
};
constexpr unsigned long kSetMsrs = _IOW(KVMIO, 0x89, CpuidHeader);

// CR4 bits (SDM vol. 3A, 2.5).
constexpr uint64_t kPae = 1 << 5, kOsfxsr = 1 << 9, kOsxmmexcpt = 1 << 10, kUmip = 1 << 11, kTsd = 1 << 2;
constexpr uint64_t kFsgsbase = 1 << 16, kOsxsave = 1 << 18, kSmep = 1 << 20;
// SMAP stays off. The processor reads the TSS with a supervisor's rights, and SMAP would refuse it a page that the guest
// may read (SDM vol. 3A, 4.6.1), so every hypercall would fault. SMAP protects supervisor code; a virtine has none.

// Asks the CPU, not KVM: a software KVM may not announce features that its guests have.
bool host_has_fsgsbase() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & 1) != 0;
}

bool host_has_xsave() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c >> 27 & 1) != 0;
}

uint64_t host_xcr0() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return uint64_t{high} << 32 | low;
}

}  // namespace

Result<std::shared_ptr<const Kvm>> Kvm::open(const char* device) {
  auto kvm = std::make_shared<Kvm>();
  kvm->fd_ = UniqueFd(::open(device, O_RDWR | O_CLOEXEC));
  if (!kvm->fd_) return unavailable(errno, device);
  if (request(kvm->fd(), KVM_GET_API_VERSION, 0) != KVM_API_VERSION) return unavailable(ENOTTY, device);
  COLONY_TRY(kvm->probe());
  COLONY_TRY(kvm->read_cpuid());
  COLONY_TRY(kvm->try_machine());
  return std::shared_ptr<const Kvm>(std::move(kvm));
}

Status Kvm::probe() {
  for (const NeededCapability& c : kNeeded) {
    const int got = request(fd(), KVM_CHECK_EXTENSION, c.number);
    const bool mask = c.number == KVM_CAP_SYNC_REGS || c.number == KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
    if (got < 0 || (mask ? (got & c.least) != c.least : got < c.least)) {
      return make_error(Code::kUnavailable,
                        std::string("this kernel's KVM lacks ") + c.name + ": Linux 5.5 or newer is needed");
    }
  }
  const int size = request(fd(), KVM_GET_VCPU_MMAP_SIZE, 0);
  if (size < static_cast<int>(sizeof(kvm_run))) return system_error(Code::kUnavailable, "KVM_GET_VCPU_MMAP_SIZE");
  run_size_ = static_cast<size_t>(size);
  return Ok{};
}

Status Kvm::read_cpuid() {
  if (request(fd(), kGetSupportedCpuid, &cpuid_) != 0)
    return system_error(Code::kUnavailable, "KVM_GET_SUPPORTED_CPUID");
  cr4_ = kPae | kOsfxsr | kOsxmmexcpt | kTsd;
  for (uint32_t i = 0; i < cpuid_.count; ++i) {
    const kvm_cpuid_entry2& e = cpuid_.entries[i];
    if (e.function == 1) {
      features_[0] = e.ecx, features_[1] = e.edx;
      cr4_ |= (e.ecx >> 26) & 1 ? kOsxsave : 0;
    }
    if (e.function == 7 && e.index == 0) {
      features_[2] = e.ebx, features_[3] = e.ecx;
      cr4_ |= ((e.ebx >> 0) & 1 ? kFsgsbase : 0) | ((e.ebx >> 7) & 1 ? kSmep : 0);
      cr4_ |= (e.ecx >> 2) & 1 ? kUmip : 0;
    }
    if (e.function == 0xd && e.index == 0) xcr0_ = e.eax;
  }
  if (!host_has_fsgsbase())
    return make_error(Code::kUnavailable, "the CPU lacks FSGSBASE (Intel Ivy Bridge, AMD Zen or newer is needed)");
  if (!host_has_xsave()) return make_error(Code::kUnavailable, "the CPU lacks XSAVE");
  if (!guest_xsave()) xcr0_ = host_xcr0();
  // Dynamically enabled state (AMX) is left out: without it XRSTOR needs 2,688 bytes, and no virtine gets it.
  xcr0_ &= 0xe7;
  return Ok{};
}

// The first virtual machine switches the processor's virtualization on, which fails if another hypervisor holds it.
Status Kvm::try_machine() {
  const UniqueFd vm(request(fd(), KVM_CREATE_VM, 0));
  if (!vm) return no_machine(errno);
  const UniqueFd vcpu(request(vm.get(), KVM_CREATE_VCPU, 0));
  if (!vcpu) return system_error(Code::kUnavailable, "KVM_CREATE_VCPU");
  const int khz = request(vcpu.get(), KVM_GET_TSC_KHZ, 0);
  tsc_khz_ = khz > 0 ? static_cast<uint64_t>(khz) : 0;
  return Ok{};
}

Result<Vm> Vm::create(const Kvm& kvm, uint8_t* memory, uint64_t size) {
  Vm out;
  out.vm_ = UniqueFd(request(kvm.fd(), KVM_CREATE_VM, 0));
  if (!out.vm_) return system_error(Code::kInternal, "KVM_CREATE_VM");
  out.memory_ = memory;
  out.size_ = size;
  COLONY_TRY(out.enable_dirty_log());
  COLONY_TRY(out.set_memory(size));
  COLONY_TRY(out.add_vcpu(kvm));
  return out;
}

Status Vm::enable_dirty_log() {
  kvm_enable_cap protect{};
  protect.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2;
  protect.args[0] = KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
  if (request(vm_.get(), KVM_ENABLE_CAP, &protect) != 0)
    return system_error(Code::kInternal, "KVM_ENABLE_CAP dirty log");
  return Ok{};
}

Status Vm::set_memory(uint64_t size) {
  kvm_userspace_memory_region slot{};
  slot.flags = KVM_MEM_LOG_DIRTY_PAGES;
  slot.memory_size = size;
  slot.userspace_addr = reinterpret_cast<uint64_t>(memory_);
  if (request(vm_.get(), KVM_SET_USER_MEMORY_REGION, &slot) != 0)
    return system_error(Code::kInternal, "KVM_SET_USER_MEMORY_REGION");
  return Ok{};
}

Status Vm::replace_memory() {
  COLONY_TRY(set_memory(0));
  return set_memory(size_);
}

Status Vm::add_vcpu(const Kvm& kvm) {
  vcpu_ = UniqueFd(request(vm_.get(), KVM_CREATE_VCPU, 0));
  if (!vcpu_) return system_error(Code::kInternal, "KVM_CREATE_VCPU");
  if (request(vcpu_.get(), kSetCpuid2, &kvm.cpuid()) != 0) return system_error(Code::kInternal, "KVM_SET_CPUID2");
  kvm_xcrs xcrs{};
  xcrs.nr_xcrs = 1;
  xcrs.xcrs[0].value = kvm.xcr0();
  if (kvm.guest_xsave() && request(vcpu_.get(), KVM_SET_XCRS, &xcrs) != 0)
    return system_error(Code::kInternal, "KVM_SET_XCRS");
  auto mapped = Mapping::map(kvm.run_size(), PROT_READ | PROT_WRITE, MAP_SHARED, vcpu_.get());
  if (!mapped) return mapped.error();
  run_ = mapped.take();
  run().kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS | KVM_SYNC_X86_EVENTS;
  return mark_no_exception();
}

// On hardware a guest's exception may end in a shutdown that KVM has no part in. The number of its last exception would
// then be 0, which is a division error's.
Status Vm::mark_no_exception() {
  kvm_vcpu_events events{};
  if (request(vcpu_.get(), KVM_GET_VCPU_EVENTS, &events) != 0)
    return system_error(Code::kInternal, "KVM_GET_VCPU_EVENTS");
  events.exception.nr = kNoException;
  if (request(vcpu_.get(), KVM_SET_VCPU_EVENTS, &events) != 0)
    return system_error(Code::kInternal, "KVM_SET_VCPU_EVENTS");
  return Ok{};
}

int Vm::enter() { return ::ioctl(vcpu_.get(), KVM_RUN, 0) == 0 ? 0 : errno; }

Result<bool> Vm::interrupt(uint32_t vector) {
  if (run().ready_for_interrupt_injection == 0) return false;
  kvm_interrupt interrupt{vector};
  if (request(vcpu_.get(), KVM_INTERRUPT, &interrupt) != 0) return system_error(Code::kInternal, "KVM_INTERRUPT");
  return true;
}

Status Vm::finish_exit() {
  run().s.regs.regs = kvm_regs{};  // address 0 has no instruction
  run().s.regs.regs.rflags = 2;
  run().kvm_dirty_regs = KVM_SYNC_X86_REGS;
  run().immediate_exit = 1;
  const int error = enter();
  run().immediate_exit = 0;
  if (error == EINTR) return Ok{};
  errno = error;
  return system_error(Code::kInternal, "KVM_RUN with immediate_exit");
}

Status Vm::set_sregs(const kvm_sregs& sregs) {
  if (request(vcpu_.get(), KVM_SET_SREGS, &sregs) != 0) return system_error(Code::kInternal, "KVM_SET_SREGS");
  return Ok{};
}

Result<kvm_sregs> Vm::get_sregs() {
  kvm_sregs sregs{};
  if (request(vcpu_.get(), KVM_GET_SREGS, &sregs) != 0) return system_error(Code::kInternal, "KVM_GET_SREGS");
  return sregs;
}

Status Vm::set_system_call_entry(uint64_t address) {
  OneMsr msr;
  msr.entry.index = kMsrLstar;
  msr.entry.data = address;
  if (request(vcpu_.get(), kSetMsrs, &msr) != 1) return system_error(Code::kInternal, "KVM_SET_MSRS");
  return Ok{};
}

Status Vm::clear_vector_state() {
  XsaveArea state{};
  // XSTATE_BV (offset 512) is zero: every component is initial; MXCSR (offset 24) is taken as it stands.
  state.region[6] = 0x1f80;
  if (request(vcpu_.get(), kSetXsave, &state) != 0) return system_error(Code::kInternal, "KVM_SET_XSAVE");
  return Ok{};
}

Status Vm::get_dirty_log(uint64_t* bitmap) {
  kvm_dirty_log log{};
  log.dirty_bitmap = bitmap;
  if (request(vm_.get(), KVM_GET_DIRTY_LOG, &log) != 0) return system_error(Code::kInternal, "KVM_GET_DIRTY_LOG");
  return Ok{};
}

Status Vm::clear_dirty_log(uint64_t* bitmap, uint64_t first_page, uint32_t pages) {
  kvm_clear_dirty_log log{};
  log.first_page = first_page;
  log.num_pages = pages;
  log.dirty_bitmap = bitmap;
  if (request(vm_.get(), KVM_CLEAR_DIRTY_LOG, &log) != 0) return system_error(Code::kInternal, "KVM_CLEAR_DIRTY_LOG");
  return Ok{};
}

}  // namespace colony
