#include "machine/fault.h"

#include <cstdio>
#include <cstring>
#include <string>

namespace colony {
namespace {

// Exception vectors (SDM vol. 3A, table 6-1).
constexpr int kDivideError = 0, kDebug = 1, kBreakpoint = 3, kInvalidOpcode = 6, kDeviceMissing = 7, kStackFault = 12,
              kGeneral = 13, kPageFault = 14, kX87 = 16, kAlignment = 17, kSimd = 19;
// Page-fault error code bits (SDM vol. 3A, 4.7).
constexpr uint32_t kWasPresent = 1, kWasFetch = 16;
constexpr uint64_t kProtectedMode = 1;  // CR0.PE

Fault::Kind page_fault_kind(uint32_t code) {
  if ((code & kWasFetch) != 0) return Fault::Kind::kNoExecute;
  return (code & kWasPresent) != 0 ? Fault::Kind::kProtection : Fault::Kind::kPage;
}

Fault::Kind exception_kind(int vector, uint32_t code) {
  switch (vector) {
    case kDivideError: return Fault::Kind::kDivide;
    case kDebug:
    case kBreakpoint: return Fault::Kind::kDebug;
    case kInvalidOpcode:
    case kDeviceMissing: return Fault::Kind::kInvalidOpcode;
    case kStackFault:
    case kGeneral: return Fault::Kind::kGeneralProtection;
    case kPageFault: return page_fault_kind(code);
    case kX87:
    case kSimd: return Fault::Kind::kFloatingPoint;
    case kAlignment: return Fault::Kind::kAlignment;
    default: return Fault::Kind::kUnknown;
  }
}

std::string hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

Fault from_exception(const kvm_regs& regs, const kvm_sregs& sregs, const kvm_vcpu_events& events) {
  Fault fault;
  // SVM leaves the registers undefined after a shutdown, and KVM then stores reset values there, which belong to no
  // guest.
  const bool kept = (sregs.cr0 & kProtectedMode) != 0;
  fault.rip = kept ? regs.rip : 0;
  fault.rsp = kept ? regs.rsp : 0;
  if (events.exception.nr == kNoException) return fault;
  fault.vector = events.exception.nr;
  fault.error_code = events.exception.has_error_code ? events.exception.error_code : 0;
  fault.kind = exception_kind(fault.vector, fault.error_code);
  if (fault.vector == kPageFault && kept) fault.address = sregs.cr2;
  return fault;
}

Fault from_bounds(const Exit& exit, const kvm_regs& regs, const Layout& layout) {
  Fault fault;
  fault.kind = Fault::Kind::kOutOfBounds;
  fault.rip = regs.rip;
  fault.rsp = regs.rsp;
  if (exit.physical && *exit.physical >= layout.heap_offset) {
    fault.address = layout.heap_base + (*exit.physical - layout.heap_offset);
  }
  return fault;
}

}  // namespace

const char* fault_name(Fault::Kind kind) {
  switch (kind) {
    case Fault::Kind::kPage: return "unmapped memory";
    case Fault::Kind::kProtection: return "write to read-only memory";
    case Fault::Kind::kNoExecute: return "execution of data";
    case Fault::Kind::kGeneralProtection: return "forbidden instruction or bad address";
    case Fault::Kind::kInvalidOpcode: return "invalid instruction";
    case Fault::Kind::kDivide: return "division error";
    case Fault::Kind::kOutOfBounds: return "memory beyond the heap";
    case Fault::Kind::kAlignment: return "unaligned access";
    case Fault::Kind::kDebug: return "debug trap";
    case Fault::Kind::kFloatingPoint: return "floating-point exception";
    case Fault::Kind::kUnknown: break;
  }
  return "fault";
}

Error describe_fault(const Exit& exit, const kvm_regs& regs, const kvm_sregs& sregs, const kvm_vcpu_events& events,
                     const Snapshot& snapshot) {
  if (exit.error != 0) {
    Error host = make_error(Code::kInternal, std::string("KVM_RUN: ") + std::strerror(exit.error));
    host.sys_errno = exit.error;
    return host;
  }
  Error error = make_error(Code::kGuestFault, "");
  switch (exit.kind) {
    case Exit::Kind::kShutdown: error.fault = from_exception(regs, sregs, events); break;
    case Exit::Kind::kOutOfBounds: error.fault = from_bounds(exit, regs, *snapshot.layout); break;
    default:
      error.fault = Fault{};
      error.fault->rip = regs.rip;
      error.fault->rsp = regs.rsp;
  }
  Fault& fault = *error.fault;
  error.message = std::string("the guest was stopped: ") + fault_name(fault.kind);
  if (fault.address) error.message += " at " + hex(*fault.address);
  if (exit.kind == Exit::Kind::kUnexpected) error.message += " (KVM exit " + std::to_string(exit.reason) + ")";
  error.message += fault.rip != 0 ? ", instruction " + hex(fault.rip) : "; this processor does not tell where";
  if (snapshot.symbols) fault.symbol = snapshot.symbols->describe(fault.rip);
  if (!fault.symbol.empty()) error.message += " in " + fault.symbol;
  return error;
}

}  // namespace colony
