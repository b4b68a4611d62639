// The law of resets: whatever the guest or the host wrote, memory afterwards equals the snapshot.
#include <cstring>
#include <random>

#include "base/abi.generated.h"
#include "kvm/cpu_state.h"
#include "machine/dirty.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("dirty");

namespace {

// An arena, a VM and a tracker around the test guest, without the shell.
struct Bare {
  std::shared_ptr<const Snapshot> snapshot = lab_snapshot();
  Arena arena;
  Vm vm;
  DirtyTracker dirty;
  uint64_t heap = snapshot->heap_size;

  static constexpr uint64_t kSize = 16 << 20;
  static Arena make_arena() { return Arena::create(kSize).take(); }
  Bare() : arena(make_arena()), vm(Vm::create(kvm(), arena.data(), kSize).take()), dirty(kSize) { bind(snapshot); }

  void bind(std::shared_ptr<const Snapshot> next) {
    snapshot = std::move(next);
    REQUIRE(arena.bind(*snapshot->memory, end()).ok());
    REQUIRE(dirty.clear(vm, snapshot->layout->tables_size).ok());
    auto sregs = vm.get_sregs().take();
    direct_entry(sregs, kvm(), 0, snapshot->layout->system_address, static_cast<uint32_t>(tss_limit()), nullptr);
    REQUIRE(vm.set_sregs(sregs).ok());
    heap = snapshot->heap_size;
  }
  uint64_t end() const { return snapshot->memory_end(); }

  // Lets the guest serve the request; GROW is served here. False if it did not return.
  bool call(const Bytes& request) {
    kvm_regs regs = snapshot->regs;
    const uint64_t at =
        GuestMemory(*snapshot->layout, arena.data(), heap).writable(regs.rdx, request.size()).take().data() -
        arena.data();
    std::memcpy(arena.data() + at, request.data(), request.size());
    dirty.mark_host_write(at, request.size());
    encode_reply(regs, {kStatusOk, request.size()}, *snapshot->layout, kvm().xcr0());
    for (;;) {
      vm.run().s.regs.regs = regs;
      vm.run().kvm_dirty_regs = KVM_SYNC_X86_REGS;
      const Exit exit = decode_exit(vm.run(), vm.enter());
      regs = vm.run().s.regs.regs;
      if (exit.kind == Exit::Kind::kInterrupted) continue;
      if (exit.kind != Exit::Kind::kHypercall) return false;
      if (regs.rax != kOpGrow) return regs.rax == kOpNext;
      const uint64_t base = snapshot->layout->heap_offset;
      REQUIRE(arena.extend(base + heap, base + regs.rdi).ok());
      heap = regs.rdi;
      encode_reply(regs, {kStatusOk, 0}, *snapshot->layout, kvm().xcr0());
    }
  }

  void host_write(uint64_t at, uint64_t length, uint8_t value) {
    std::memset(arena.data() + at, value, length);
    dirty.mark_host_write(at, length);
  }

  void reset() {
    const uint64_t grown = snapshot->layout->heap_offset + heap;
    if (grown > end()) REQUIRE(arena.shrink(end(), grown).ok());
    heap = snapshot->heap_size;
    auto done = dirty.reset(vm, arena, *snapshot->memory, end());
    REQUIRE(done.ok());
  }

  // Checks the law.
  int wrong_pages() const {
    int wrong = 0;
    for (uint64_t page = 0; page < end() / kPageSize; ++page) {
      if (differs(arena.data() + page * kPageSize, snapshot->memory->page(static_cast<uint32_t>(page)))) ++wrong;
    }
    return wrong;
  }
};

}  // namespace

TEST_CASE("after a reset, memory is the snapshot's, after any writes of guest and host") {
  NEEDS_KVM();
  std::mt19937_64 random(20260728);
  Bare m;
  CHECK(m.wrong_pages() == 0);
  for (int round = 0; round < 1500; ++round) {
    const uint64_t deeds = random() % 8;
    // Occasional heavy rounds: runs of cold pages long enough for madvise, and more than the hot set holds.
    if (deeds == 0) {
      const uint64_t grown = m.snapshot->heap_size + (1 + random() % 300) * kPageSize;
      REQUIRE(m.call(lab(LAB_GROW, {grown})));
    }
    if (deeds < 6) REQUIRE(m.call(lab(LAB_SCRIBBLE, {random() | 1, random() % (round % 50 == 0 ? 3000 : 40)})));
    if (deeds >= 4) {
      const uint64_t first = m.snapshot->layout->tables_size;
      for (uint64_t n = random() % 4; n > 0; --n) {
        const uint64_t length = 1 + random() % (random() % 5 == 0 ? 200'000 : 5000);
        const uint64_t top = m.snapshot->layout->fixed_bytes, at = first + random() % (top - first);
        if (at + length <= top) m.host_write(at, length, static_cast<uint8_t>(random()));
        if (length <= m.heap)
          m.host_write(m.snapshot->layout->heap_offset + random() % (m.heap - length + 1), length,
                       static_cast<uint8_t>(random()));
      }
    }
    m.reset();
    REQUIRE_MESSAGE(m.wrong_pages() == 0, "round " << round << ", seed 20260728");
  }
}

TEST_CASE("pages that calls write are hot, and one heavy call does not slow all later ones") {
  NEEDS_KVM();
  Bare m;
  const uint64_t heap = m.snapshot->layout->heap_base;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(m.call(lab(LAB_FILL, {heap, 0x40000})));
    m.reset();
  }
  const uint32_t heavy = m.dirty.hot_pages();
  CHECK(heavy >= 64);
  for (int i = 0; i < 1200; ++i) {
    REQUIRE(m.call(lab(LAB_COUNT)));
    m.reset();
    if (i % 100 == 0) REQUIRE(m.wrong_pages() == 0);
  }
  CHECK(m.dirty.hot_pages() < heavy);
  // Pages that became cold are still tracked.
  REQUIRE(m.call(lab(LAB_FILL, {heap, 0x40000})));
  m.reset();
  CHECK(m.wrong_pages() == 0);
}

TEST_CASE("a host write to a page that KVM thinks clean, and to one it thinks hot") {
  NEEDS_KVM();
  Bare m;
  const uint64_t page = m.snapshot->layout->heap_offset;
  for (int i = 0; i < 40; ++i) {
    m.host_write(page + (i % 5) * kPageSize, 10, 0x77);
    if (i % 3 == 0) REQUIRE(m.call(lab(LAB_FILL, {m.snapshot->layout->heap_base, 0x3000})));
    m.reset();
    REQUIRE(m.wrong_pages() == 0);
  }
}

TEST_CASE("dirty_pages has all pages that differ") {
  NEEDS_KVM();
  std::mt19937_64 random(7);
  Bare m;
  for (int round = 0; round < 60; ++round) {
    REQUIRE(m.call(lab(LAB_SCRIBBLE, {random() | 1, random() % 100})));
    m.host_write(m.snapshot->layout->heap_offset + random() % 0x30000, 3000, 0x11);
    auto pages = m.dirty.dirty_pages(m.vm, m.end());
    REQUIRE(pages.ok());
    REQUIRE(std::is_sorted(pages.value().begin(), pages.value().end()));
    for (uint32_t page = 0; page < m.end() / kPageSize; ++page) {
      if (!differs(m.arena.data() + page * kPageSize, m.snapshot->memory->page(page))) continue;
      REQUIRE(std::binary_search(pages.value().begin(), pages.value().end(), page));
    }
    if (round % 3 == 0) m.reset();
  }
}

// Nested paging adds them to KVM's log whenever the guest runs.
TEST_CASE("page tables are not among the pages that a run wrote") {
  NEEDS_KVM();
  Bare m;
  REQUIRE(m.call(lab(LAB_COUNT)));
  auto pages = m.dirty.dirty_pages(m.vm, m.end());
  REQUIRE(pages.ok());
  REQUIRE(!pages.value().empty());
  CHECK(pages.value().front() >= m.snapshot->layout->tables_size / kPageSize);
}

TEST_CASE("an arena that is bound to one extent after another holds no data of the last") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  REQUIRE(runner.call(*shell, lab(LAB_GROW, {2 << 20})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_FILL, {lab_snapshot()->layout->heap_base, 2 << 20})).ok());
  auto large = shell->freeze().take();
  Bare m;
  for (int i = 0; i < 6; ++i) {
    m.bind(large);
    REQUIRE(m.wrong_pages() == 0);
    REQUIRE(m.call(lab(LAB_SCRIBBLE, {static_cast<uint64_t>(i + 1), 500})));
    m.reset();
    REQUIRE(m.wrong_pages() == 0);
    m.bind(lab_snapshot());
    REQUIRE(m.wrong_pages() == 0);
    REQUIRE(m.call(lab(LAB_GROW, {1 << 20})));
    // Memory that was accessible in the larger state reads as zeros when this one grows.
    const uint8_t* grown = m.arena.data() + m.end();
    CHECK(std::all_of(grown, grown + (1 << 20) - 0x40000, [](uint8_t b) { return b == 0; }));
    m.reset();
  }
}

TEST_SUITE_END();
