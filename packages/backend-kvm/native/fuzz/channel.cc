// Any registers at a hypercall: resolved ranges lie within one region of the guest, with its rights.
#include <cstring>

#include "base/abi.generated.h"
#include "channel/channel.h"
#include "check.h"
#include "kvm/cpu_state.h"

using namespace colony;

namespace {

const Layout& layout(bool wasm) {
  static const auto make = [](uint64_t heap_base) {
    LayoutRequest r;
    r.segments = {
        {0x400000, 0x2000, Prot::kReadExecute}, {0x402000, 0x1000, Prot::kRead}, {0x403000, 0x3000, Prot::kReadWrite}};
    r.stack_size = 0x4000, r.heap_base = heap_base, r.entry = r.resume = 0x400000;
    return plan_layout(r).take();
  };
  static const Layout native = make(0), linear = make(kWasmHeapBase);
  return wasm ? linear : native;
}

void check_range(const Layout& l, uint64_t heap, uint64_t address, uint64_t length, bool write) {
  uint8_t* arena = reinterpret_cast<uint8_t*>(uint64_t{1} << 45);  // never touched
  const GuestMemory memory(l, arena, heap);
  auto span = write ? memory.writable(address, length) : memory.readable(address, length);
  if (!span || length == 0) return;
  const uint64_t at = memory.offset_of(span.value());
  MUST(span.value().size() == length && address + length > address);
  if (address >= l.heap_base) {
    MUST(at == l.heap_offset + (address - l.heap_base) && at + length <= l.heap_offset + heap);
    return;
  }
  const Region* region = l.find(address);
  MUST(region != nullptr && (!write || region->prot == Prot::kReadWrite));
  MUST(at >= region->offset && at + length <= region->offset + region->size && at >= l.tables_size);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  struct Input {
    kvm_regs regs;
    uint64_t heap_pages;
    uint8_t wasm;
  } in{};
  std::memcpy(&in, data, size < sizeof in ? size : sizeof in);
  const Layout& l = layout((in.wasm & 1) != 0);
  const uint64_t heap = in.heap_pages % (l.heap_reserve / kPageSize + 1) * kPageSize;
  auto request = decode_request(in.regs);
  if (request) {
    check_range(l, heap, request.value().in_address, request.value().in_length, false);
    check_range(l, heap, request.value().out_address, request.value().out_capacity, true);
  } else {
    MUST(request.error().code == Code::kGuestProtocol);
  }
  check_range(l, heap, in.regs.rbx, in.regs.rbp, (in.wasm & 2) != 0);
  encode_reply(in.regs, {in.regs.r12, in.regs.r13}, l, in.regs.r14);
  MUST(in.regs.rip == l.system_address + kScrubOffset && in.regs.rflags == guest_rflags(l.request.traps.has_value()) &&
       in.regs.rcx == l.request.resume);
  return 0;
}
