#include "kvm/exit.h"

#include <cerrno>
#include <cstring>

#include "base/abi.generated.h"

// Debian 12's kernel headers are older than this exit (Linux 6.8).
#ifndef KVM_EXIT_MEMORY_FAULT
#define KVM_EXIT_MEMORY_FAULT 39
#endif

namespace colony {
namespace {

struct MemoryFault {
  uint64_t flags;
  uint64_t gpa;
  uint64_t size;
};

Exit out_of_bounds(uint32_t reason, std::optional<uint64_t> physical) {
  return {Exit::Kind::kOutOfBounds, reason, physical, 0};
}

std::optional<uint64_t> fault_address(const kvm_run& run) {
  if (run.exit_reason != KVM_EXIT_MEMORY_FAULT) return std::nullopt;
  MemoryFault fault;
  std::memcpy(&fault, &run.hw, sizeof fault);  // the union's start
  return fault.gpa;
}

bool is_hypercall(const kvm_run& run) {
  return run.io.direction == KVM_EXIT_IO_OUT && run.io.port == kPort && run.io.size == 1 && run.io.count == 1;
}

}  // namespace

Exit decode_exit(const kvm_run& run, int error) {
  if (error == EINTR) return {Exit::Kind::kInterrupted, 0, {}, 0};
  if (error == EFAULT) return out_of_bounds(KVM_EXIT_MEMORY_FAULT, fault_address(run));
  if (error != 0) return {Exit::Kind::kUnexpected, 0, {}, error};
  switch (run.exit_reason) {
    case KVM_EXIT_IO:
      return {is_hypercall(run) ? Exit::Kind::kHypercall : Exit::Kind::kUnexpected, run.exit_reason, {}, 0};
    case KVM_EXIT_SHUTDOWN: return {Exit::Kind::kShutdown, run.exit_reason, {}, 0};
    case KVM_EXIT_MMIO: return out_of_bounds(run.exit_reason, run.mmio.phys_addr);
    case KVM_EXIT_MEMORY_FAULT: return out_of_bounds(run.exit_reason, fault_address(run));
    case KVM_EXIT_INTR: return {Exit::Kind::kInterrupted, 0, {}, 0};
    default: return {Exit::Kind::kUnexpected, run.exit_reason, {}, 0};
  }
}

}  // namespace colony
