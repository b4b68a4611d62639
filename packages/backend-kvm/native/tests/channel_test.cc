// The two inputs of guest bytes: guest memory and the hypercall registers.
#include "base/abi.generated.h"
#include "channel/channel.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("channel");

namespace {

struct Guest {
  Layout layout;
  // Never accessed: resolve() only computes.
  uint8_t* arena = reinterpret_cast<uint8_t*>(uint64_t{1} << 46);
  uint64_t heap = 0x10000;

  explicit Guest(uint64_t heap_base = 0) {
    LayoutRequest r;
    r.segments = {
        {0x400000, 0x2000, Prot::kReadExecute}, {0x402000, 0x1000, Prot::kRead}, {0x403000, 0x3000, Prot::kReadWrite}};
    r.stack_size = 0x4000, r.heap_base = heap_base, r.heap_initial = heap, r.entry = r.resume = 0x400000;
    layout = plan_layout(r).take();
  }
  GuestMemory memory() const { return {layout, arena, heap}; }
};

}  // namespace

TEST_CASE("every region at its edges") {
  for (const uint64_t heap_base : {uint64_t{0}, kWasmHeapBase}) {
    const Guest g(heap_base);
    const GuestMemory m = g.memory();
    std::vector<Region> regions = g.layout.regions;
    regions.push_back({g.layout.heap_base, g.heap, g.layout.heap_offset, Prot::kReadWrite});
    for (const Region& r : regions) {
      auto whole = m.readable(r.address, r.size);
      REQUIRE(whole.ok());
      CHECK(m.offset_of(whole.value()) == r.offset);
      CHECK(m.writable(r.address, r.size).ok() == (r.prot == Prot::kReadWrite));
      CHECK(m.readable(r.address + r.size - 1, 1).ok());
      CHECK(!m.readable(r.address, r.size + 1).ok());
      CHECK(!m.readable(r.address + 1, r.size).ok());
      CHECK(!m.readable(r.address + r.size - 1, 2).ok());
      CHECK(!m.readable(r.address, UINT64_MAX).ok());
      CHECK(!m.readable(r.address + 1, UINT64_MAX).ok());
      CHECK(!m.readable(r.address + r.size - 1, UINT64_MAX - r.address - r.size + 2).ok());  // wraps to 1
      CHECK(m.writable(r.address, 1).ok() == (r.prot == Prot::kReadWrite));
    }
  }
}

TEST_CASE("an unmapped address does not resolve") {
  const Guest g;
  const GuestMemory m = g.memory();
  for (const uint64_t address :
       {uint64_t{0}, uint64_t{0x3fffff}, g.layout.stack_top, g.layout.system_address + kPageSize,
        g.layout.heap_base - 1, g.layout.heap_base + g.heap, g.layout.heap_base + g.layout.heap_reserve,
        uint64_t{0x800000000000}, UINT64_MAX - 7, UINT64_MAX}) {
    for (const uint64_t length : {uint64_t{1}, uint64_t{8}, uint64_t{4096}, uint64_t{1} << 63, UINT64_MAX}) {
      CHECK(m.readable(address, length).ok() == false);
      CHECK(m.writable(address, length).ok() == false);
    }
    CHECK(m.readable(address, 0).ok());
    CHECK(m.readable(address, 0).value().empty());
  }
}

TEST_CASE("an empty heap has no byte") {
  Guest g;
  g.heap = 0;
  CHECK(!g.memory().readable(g.layout.heap_base, 1).ok());
}

TEST_CASE("requests") {
  kvm_regs regs{};
  for (const uint64_t op : {kOpNext, kOpCall, kOpFetch, kOpGrow, kOpAbort, kOpIdle, kOpFaultAddress}) {
    regs.rax = op, regs.rdi = 11, regs.rsi = 12, regs.rdx = 13, regs.rcx = 14;
    auto r = decode_request(regs);
    REQUIRE(r.ok());
    CHECK((r.value().in_address == 11 && r.value().in_length == 12 && r.value().out_address == 13 &&
           r.value().out_capacity == 14));
  }
  for (const uint64_t op : {uint64_t{0}, uint64_t{8}, uint64_t{0x100000001}, UINT64_MAX, uint64_t{1} << 63 | 1}) {
    regs.rax = op;
    auto r = decode_request(regs);
    REQUIRE(!r.ok());
    CHECK(r.error().code == Code::kGuestProtocol);
  }
}

TEST_CASE("replies touch the registers of the contract and no others") {
  const Guest g;
  kvm_regs regs;
  auto* words = reinterpret_cast<uint64_t*>(&regs);
  for (size_t i = 0; i < sizeof regs / 8; ++i) words[i] = 0xdead0000 + i;
  const kvm_regs before = regs;
  encode_reply(regs, {kStatusTooSmall, 77}, g.layout, 0x1'0000'00e7);
  CHECK(regs.rip == g.layout.system_address + kScrubOffset);
  CHECK(regs.rcx == g.layout.request.resume);
  CHECK(regs.rflags == 2);
  CHECK((regs.r8 == kStatusTooSmall && regs.r9 == 77 && regs.rax == 0xe7 && regs.rdx == 1));
  CHECK(regs.r10 == g.layout.system_address + kXsaveOffset);
  CHECK(regs.r11 == before.r8);
  CHECK((regs.rbx == before.rbx && regs.rsi == before.rsi && regs.rdi == before.rdi));
  CHECK((regs.rsp == before.rsp && regs.rbp == before.rbp && regs.r12 == before.r12 && regs.r15 == before.r15));
}

TEST_SUITE_END();
