#include "channel/channel.h"

#include <string>

#include "base/abi.generated.h"
#include "kvm/cpu_state.h"

namespace colony {
namespace {

Error protocol(std::string what) { return make_error(Code::kGuestProtocol, std::move(what)); }

}  // namespace

Result<std::span<uint8_t>> GuestMemory::resolve(uint64_t address, uint64_t length, bool write) const {
  if (length == 0) return std::span<uint8_t>(arena_, 0);
  if (address >= layout_.heap_base && address - layout_.heap_base < heap_size_) {
    const uint64_t at = address - layout_.heap_base;
    if (length > heap_size_ - at) return protocol("a hypercall names memory beyond the heap");
    return std::span<uint8_t>(arena_ + layout_.heap_offset + at, length);
  }
  const Region* region = layout_.find(address);
  if (region == nullptr) return protocol("a hypercall names memory that is not mapped");
  const uint64_t at = address - region->address;
  if (length > region->size - at) return protocol("a hypercall names memory beyond its region");
  if (write && region->prot != Prot::kReadWrite) return protocol("a hypercall wants its reply in read-only memory");
  return std::span<uint8_t>(arena_ + region->offset + at, length);
}

Result<std::span<uint8_t>> GuestMemory::readable(uint64_t address, uint64_t length) const {
  return resolve(address, length, false);
}

Result<std::span<uint8_t>> GuestMemory::writable(uint64_t address, uint64_t length) const {
  return resolve(address, length, true);
}

Result<HypercallRequest> decode_request(const kvm_regs& regs) {
  HypercallRequest out{Op::kAbort, regs.rdi, regs.rsi, regs.rdx, regs.rcx};
  switch (regs.rax) {
    case kOpNext: out.op = Op::kNext; break;
    case kOpCall: out.op = Op::kCall; break;
    case kOpFetch: out.op = Op::kFetch; break;
    case kOpGrow: out.op = Op::kGrow; break;
    case kOpAbort: out.op = Op::kAbort; break;
    case kOpIdle: out.op = Op::kIdle; break;
    case kOpFaultAddress: out.op = Op::kFaultAddress; break;
    default: return protocol("unknown hypercall " + std::to_string(regs.rax));
  }
  return out;
}

void encode_reply(kvm_regs& regs, const HypercallReply& reply, const Layout& layout, uint64_t xcr0) {
  // The guest names its FS base in r8 at every hypercall.
  const uint64_t fs_base = regs.r8;
  regs.rip = layout.system_address + kScrubOffset;
  regs.rcx = layout.request.resume;
  regs.rflags = guest_rflags(layout.request.traps.has_value());
  regs.r8 = reply.status;
  regs.r9 = reply.length;
  regs.r10 = layout.system_address + kXsaveOffset;
  regs.r11 = fs_base;
  regs.rax = xcr0 & 0xffffffff;
  regs.rdx = xcr0 >> 32;
}

}  // namespace colony
