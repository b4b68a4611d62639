// The two inputs through which guest bytes enter the host: guest memory, bounds-checked, and the hypercall registers.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <span>

#include "base/error.h"
#include "memory/layout.h"

namespace colony {

// A guest's memory as the host may access it. Valid until the heap changes or the arena is bound again.
class GuestMemory {
 public:
  GuestMemory(const Layout& layout, uint8_t* arena, uint64_t heap_size)
      : layout_(layout), arena_(arena), heap_size_(heap_size) {}

  // The range [address, address + length), for the host to read or to write. It must be mapped, within one region, with
  // the guest's own rights; an empty range may point anywhere. Otherwise kGuestProtocol.
  Result<std::span<uint8_t>> readable(uint64_t address, uint64_t length) const;
  Result<std::span<uint8_t>> writable(uint64_t address, uint64_t length) const;
  // Offset in the arena of a span from these functions.
  uint64_t offset_of(std::span<uint8_t> span) const { return static_cast<uint64_t>(span.data() - arena_); }

 private:
  Result<std::span<uint8_t>> resolve(uint64_t address, uint64_t length, bool write) const;

  const Layout& layout_;
  uint8_t* arena_;
  uint64_t heap_size_;
};

enum class Op : uint8_t { kNext, kCall, kFetch, kGrow, kAbort, kIdle, kFaultAddress };

// A hypercall's registers, decoded. Private to the host: the guest cannot change them any more.
struct HypercallRequest {
  Op op = Op::kAbort;
  uint64_t in_address = 0;
  uint64_t in_length = 0;
  uint64_t out_address = 0;
  uint64_t out_capacity = 0;
};

// kGuestProtocol for an op that does not exist. Addresses are checked by GuestMemory when used.
Result<HypercallRequest> decode_request(const kvm_regs& regs);

struct HypercallReply {
  uint64_t status = 0;
  uint64_t length = 0;
};

// The registers with which the guest continues after a hypercall.
void encode_reply(kvm_regs& regs, const HypercallReply& reply, const Layout& layout, uint64_t xcr0);

}  // namespace colony
