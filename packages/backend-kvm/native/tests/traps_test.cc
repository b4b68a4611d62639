// Images for Linux programs: they serve their own exceptions at CPL 3, and meet every deadline all the same.
#include <cstring>
#include <functional>

#include "base/abi.generated.h"
#include "guests/traps.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("traps");

namespace {

constexpr uint64_t kArena = 32 << 20;

Bytes traps(TrapsOp op, uint64_t first = 0) {
  Bytes out(24);
  const uint64_t words[3] = {op, first, 0};
  std::memcpy(out.data(), words, sizeof words);
  return out;
}

// A machine with the guest, each call of which is fresh.
class Guest {
 public:
  Guest() {
    REQUIRE(shell_->bind(traps_image()).ok());
    REQUIRE(runner_.resume(*shell_).ok());
    auto frozen = shell_->freeze();
    REQUIRE(frozen.ok());
    start_ = frozen.take();
    REQUIRE(shell_->bind(start_).ok());
  }

  Result<Bytes> call(TrapsOp op, uint64_t first = 0, Limits limits = patient()) {
    auto reply = runner_.call(*shell_, traps(op, first), limits);
    if (shell_->broken()) renew();
    else REQUIRE(shell_->reset().ok());
    return reply;
  }

  uint64_t value(TrapsOp op, uint64_t first = 0) {
    auto reply = call(op, first);
    REQUIRE_MESSAGE(reply.ok(), (reply.ok() ? "" : reply.error().message));
    return number(reply.value());
  }

  const Layout& layout() const { return *start_->layout; }
  static Limits patient() {
    Limits limits;
    limits.wall_ns = 20'000 * kMillisecond;
    return limits;
  }

 private:
  void renew() {
    shell_ = new_shell(kArena);
    REQUIRE(shell_->bind(start_).ok());
  }

  Runner runner_;
  std::unique_ptr<Shell> shell_ = new_shell(kArena);
  std::shared_ptr<const Snapshot> start_;
};

}  // namespace

TEST_CASE("a SYSCALL instruction reaches the guest's own entry") {
  NEEDS_KVM();
  Guest guest;
  CHECK(guest.value(TRAPS_SYSCALLS, 1) == 1);
  CHECK(guest.value(TRAPS_SYSCALLS, 100) == 100);
}

TEST_CASE("an exception reaches the guest's own entry, and the guest goes on") {
  NEEDS_KVM();
  Guest guest;
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_UD2) == 6);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_NULL_READ) == 14);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_NULL_CALL) == 14);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_DIVIDE) == 0);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_INT3) == 3);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_HLT) == 13);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_FAR_CODE) == 13);
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_STEP) == 1);
}

TEST_CASE("INT n reaches only the gates of exceptions, and never another privilege level") {
  NEEDS_KVM();
  Guest guest;
  for (uint64_t n = 0; n < 256; ++n) {
    CAPTURE(n);
    const uint64_t vector = guest.value(TRAPS_INTERRUPT, n);
    CAPTURE(vector);
    // A software KVM raises an invalid opcode for most vectors, a processor a protection fault for a missing gate.
    CHECK((vector < kLinuxTickVector || vector == 999));
  }
  CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_UD2) == 6);
}

TEST_CASE("a fresh call sees no segment, base or flag of the call before") {
  NEEDS_KVM();
  Guest guest;
  const uint64_t clean = guest.value(TRAPS_OBSERVE);
  for (int i = 0; i < 20; ++i) {
    CHECK(guest.value(TRAPS_PLANT) == 1);
    CHECK(guest.value(TRAPS_OBSERVE) == clean);
    CHECK(guest.value(TRAPS_SYSCALLS, 3) == 3);
    CHECK(guest.value(TRAPS_OBSERVE) == clean);
    CHECK(guest.value(TRAPS_EXCEPTION, TRAPS_UD2) == 6);
    CHECK(guest.value(TRAPS_OBSERVE) == clean);
  }
}

TEST_CASE("the guest cannot write its system pages, and has no address for its page tables") {
  NEEDS_KVM();
  Guest guest;
  const uint64_t system = guest.layout().system_address;
  for (const uint64_t offset : {uint64_t{0}, kScrubOffset, kGdtOffset, kIdtOffset, kLinuxTscKhz}) {
    CHECK(guest.value(TRAPS_WRITE, system + offset) == 14);
  }
  CHECK(guest.value(TRAPS_WRITE, 0) == 14);
  CHECK(guest.value(TRAPS_WRITE, kLinuxHeapBase - 1) == 14);
  CHECK(guest.value(TRAPS_WRITE, kLinuxHeapBase) == 0);
  CHECK(guest.value(TRAPS_WRITE, guest.layout().request.entry) == 14);
}

TEST_CASE("the host reports the address of a page fault") {
  NEEDS_KVM();
  Guest guest;
  for (const uint64_t address : {uint64_t{8}, uint64_t{0x1ff123}, kLinuxBase + 1, uint64_t{0x5000000000}}) {
    CHECK(guest.value(TRAPS_FAULT_ADDRESS, address) == address);
  }
}

TEST_CASE("the heap of a Linux image is executable, and ends where GROW says") {
  NEEDS_KVM();
  Guest guest;
  CHECK(guest.value(TRAPS_EXECUTE_HEAP) == 42);
  auto beyond = guest.call(TRAPS_WRITE, kLinuxHeapBase + 0x200000);
  REQUIRE(!beyond.ok());
  CHECK(beyond.error().code == Code::kGuestFault);
  CHECK(beyond.error().fault->kind == Fault::Kind::kOutOfBounds);
}

TEST_CASE("memory beyond the limit that the guest can do without is refused, and the call goes on") {
  NEEDS_KVM();
  Guest guest;
  const uint64_t now = guest.layout().request.heap_initial, fixed = guest.layout().fixed_bytes;
  Limits limits = Guest::patient();
  limits.memory = fixed + now + (1 << 20);
  const auto reserve = [&](uint64_t size) { return guest.call(TRAPS_RESERVE, size, limits); };
  for (const uint64_t good : {now, now + (1 << 20)}) {
    auto reply = reserve(good);
    REQUIRE(reply.ok());
    CHECK(number(reply.value()) == kStatusOk);
  }
  for (const uint64_t bad : {now + (1 << 20) + kPageSize, uint64_t{1} << 40, UINT64_MAX & ~(kPageSize - 1)}) {
    auto reply = reserve(bad);
    REQUIRE(reply.ok());
    CHECK(number(reply.value()) == kStatusTooSmall);
  }
  CHECK(!reserve(now + 1).ok());
}

TEST_CASE("an idle guest sleeps, and its time-stamp counter goes on") {
  NEEDS_KVM();
  Guest guest;
  const uint64_t ticks = guest.value(TRAPS_IDLE, 20 * kMillisecond);
  if (kvm().tsc_khz() != 0) CHECK(ticks >= kvm().tsc_khz() * 20 * 9 / 10);
  CHECK(guest.value(TRAPS_IDLE, 0) > 0);
}

TEST_CASE("a tick reaches the guest's own entry while a program runs, and the program goes on") {
  NEEDS_KVM();
  Guest guest;
  for (int i = 0; i < 3; ++i) CHECK(guest.value(TRAPS_TICK) == kLinuxTickVector);
}

TEST_CASE("no tick interrupts the image itself") {
  NEEDS_KVM();
  Guest guest;
  constexpr uint64_t kManyTicks = 100'000'000;  // of the time-stamp counter: 20 ms or more
  CHECK(guest.value(TRAPS_NO_TICK, kManyTicks) == 1000);
}

TEST_CASE("loops of faults, system calls, breakpoints, steps, sleeps and ticks end at their deadline") {
  NEEDS_KVM();
  Guest guest;
  for (const uint64_t loop : {TRAPS_LOOP_FAULTS, TRAPS_LOOP_SYSCALLS, TRAPS_LOOP_NESTED, TRAPS_LOOP_INT3,
                              TRAPS_LOOP_STEP, TRAPS_LOOP_IDLE, TRAPS_LOOP_HEAP}) {
    CAPTURE(loop);
    Limits limits;
    limits.wall_ns = 20 * kMillisecond;
    auto reply = guest.call(TRAPS_LOOP, loop, limits);
    REQUIRE(!reply.ok());
    CHECK(reply.error().code == Code::kLimitWallTime);
    CHECK(guest.value(TRAPS_SYSCALLS, 2) == 2);
  }
}

TEST_CASE("a shell that served a Linux image serves another image as before") {
  NEEDS_KVM();
  Runner runner;
  auto shell = new_shell(kArena);
  REQUIRE(shell->bind(traps_image()).ok());
  REQUIRE(runner.resume(*shell).ok());
  REQUIRE(shell->bind(lab_snapshot()).ok());
  CHECK(runner.call(*shell, lab(LAB_COUNT)).ok());
  REQUIRE(shell->reset().ok());
  for (const uint64_t deed : {LAB_SYSCALL, LAB_UD2, LAB_INT3}) {
    auto reply = runner.call(*shell, lab(LAB_MISBEHAVE, {deed}));
    CAPTURE(deed);
    REQUIRE(!reply.ok());
    CHECK(reply.error().code == Code::kGuestFault);
    shell = new_shell(kArena);
    REQUIRE(shell->bind(traps_image()).ok());
    REQUIRE(runner.resume(*shell).ok());
    REQUIRE(shell->bind(lab_snapshot()).ok());
  }
}

TEST_CASE("a snapshot of a Linux image is the same after its file, with its entries") {
  NEEDS_KVM();
  Runner runner;
  auto shell = new_shell(kArena);
  REQUIRE(shell->bind(traps_image()).ok());
  REQUIRE(runner.resume(*shell).ok());
  auto frozen = shell->freeze();
  REQUIRE(frozen.ok());
  const Bytes file = serialize_snapshot(*frozen.value(), kvm());
  auto again = deserialize_snapshot(file, kvm());
  REQUIRE_MESSAGE(again.ok(), (again.ok() ? "" : again.error().message));
  CHECK(again.value()->layout->request.traps == traps_image()->layout->request.traps);
  REQUIRE(shell->bind(again.take()).ok());
  auto reply = runner.call(*shell, traps(TRAPS_SYSCALLS, 7), Guest::patient());
  REQUIRE(reply.ok());
  CHECK(number(reply.value()) == 7);
  constexpr size_t kTrapsAt = 88;
  for (const uint64_t bad : {uint64_t{0}, uint64_t{0x400000}, kLinuxLimit, UINT64_MAX}) {
    for (size_t entry = 0; entry < 3; ++entry) {
      Bytes damaged = file;
      std::memcpy(damaged.data() + kTrapsAt + 8 * entry, &bad, sizeof bad);
      auto made = deserialize_snapshot(damaged, kvm());
      REQUIRE(!made.ok());
      CHECK(made.error().code == Code::kBadSnapshot);
    }
  }
}

TEST_CASE("a layout for Linux programs refuses entries and stacks that lie elsewhere") {
  const LayoutRequest good = traps_image()->layout->request;
  CHECK(plan_layout(good).ok());
  const auto refused = [&](const std::function<void(LayoutRequest&)>& change) {
    LayoutRequest request = good;
    change(request);
    auto planned = plan_layout(request);
    return !planned.ok() && planned.error().code == Code::kBadImage;
  };
  for (const uint64_t bad : {uint64_t{0}, uint64_t{0x400000}, kLinuxLimit, UINT64_MAX, UINT64_MAX - 511}) {
    CHECK(refused([&](LayoutRequest& r) { r.traps->system_call = bad; }));
    CHECK(refused([&](LayoutRequest& r) { r.traps->exceptions = bad; }));
    CHECK(refused([&](LayoutRequest& r) { r.traps->stack = bad & ~15ull; }));
  }
  const Segment& text = good.segments.front();
  CHECK(refused([&](LayoutRequest& r) { r.traps->exceptions = text.address + text.size - 511; }));
  CHECK(refused([&](LayoutRequest& r) { r.traps->stack += 8; }));
  CHECK(refused([&](LayoutRequest& r) { r.heap_base = 0; }));
  CHECK(refused([&](LayoutRequest& r) { r.traps.reset(); }));
}
