// Snapshots as bytes: written and read, and read from forged bytes.
#include <algorithm>
#include <cstring>
#include <random>

#include "base/abi.generated.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("snapshot");

namespace {

// Offsets in the header: see snapshot_file.cc.
constexpr size_t kVersionAt = 8, kAbiAt = 12, kFeaturesAt = 16, kXcr0At = 32, kEntryAt = 40, kResumeAt = 48,
                 kStackAt = 56, kHeapBaseAt = 64, kHeapInitialAt = 72, kHeapSizeAt = 80, kTrapsAt = 88, kRegsAt = 112,
                 kSegmentsAt = kRegsAt + sizeof(kvm_regs), kPagesAt = kSegmentsAt + 4, kRecordsAt = kPagesAt + 4;

const Bytes& good() {
  static const Bytes bytes = serialize_snapshot(*lab_snapshot(), kvm());
  return bytes;
}

template <typename T>
Bytes with(size_t at, T value) {
  Bytes bytes = good();
  std::memcpy(bytes.data() + at, &value, sizeof value);
  return bytes;
}

std::optional<Code> refused(const Bytes& bytes) {
  auto made = deserialize_snapshot(bytes, kvm());
  if (made) return std::nullopt;
  return made.error().code;
}

}  // namespace

TEST_CASE("a saved and loaded snapshot has the same layout, memory and registers, and runs") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const uint64_t heap = lab_snapshot()->layout->heap_base;
  REQUIRE(runner.call(*shell, lab(LAB_GROW, {2 << 20})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_FILL, {heap + (1 << 20), 1 << 19})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_COUNT)).ok());
  auto before = shell->freeze().take();
  const Bytes bytes = serialize_snapshot(*before, kvm());
  auto after = deserialize_snapshot(bytes, kvm());
  REQUIRE(after.ok());
  CHECK(after.value()->heap_size == before->heap_size);
  CHECK(std::memcmp(&after.value()->regs, &before->regs, sizeof(kvm_regs)) == 0);
  CHECK(after.value()->layout->request.segments == before->layout->request.segments);
  int wrong = 0;
  for (uint32_t page = 0; page < before->memory_end() / kPageSize; ++page) {
    static const Bytes zeros(kPageSize, 0);
    const uint8_t* was = before->memory->page(page);
    wrong += differs(was != nullptr ? was : zeros.data(), after.value()->memory->page(page));
  }
  CHECK(wrong == 0);
  CHECK(serialize_snapshot(*after.value(), kvm()) == bytes);
  REQUIRE(shell->bind(after.value()).ok());
  for (int i = 0; i < 3; ++i) {
    CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 9);
    CHECK(number(runner.call(*shell, lab(LAB_READ, {heap + (1 << 20)})).take()) == 0xee);
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("header fields") {
  NEEDS_KVM();
  CHECK(!refused(good()));
  CHECK(refused(with<uint64_t>(0, 1)) == Code::kBadSnapshot);
  CHECK(refused(with<uint32_t>(kVersionAt, 99)) == Code::kSnapshotVersion);
  CHECK(refused(with<uint32_t>(kAbiAt, 99)) == Code::kSnapshotVersion);
  for (int i = 0; i < 4; ++i)
    CHECK(refused(with<uint32_t>(kFeaturesAt + 4 * static_cast<size_t>(i), UINT32_MAX)) == Code::kSnapshotForeign);
  CHECK(refused(with<uint64_t>(kXcr0At, UINT64_MAX)) == Code::kSnapshotForeign);
  for (const uint64_t bad : {uint64_t{0}, uint64_t{0x402000}, kImageLimit, UINT64_MAX}) {
    CHECK(refused(with(kEntryAt, bad)) == Code::kBadSnapshot);
    CHECK(refused(with(kResumeAt, bad)) == Code::kBadSnapshot);
  }
  for (const uint64_t bad : {uint64_t{0}, uint64_t{1}, kMaxStack + 4096, UINT64_MAX})
    CHECK(refused(with(kStackAt, bad)) == Code::kBadSnapshot);
  CHECK(refused(with<uint64_t>(kHeapBaseAt, 4096)) == Code::kBadSnapshot);
  for (const uint64_t bad : {uint64_t{1}, uint64_t{8} << 30, UINT64_MAX - 4095, UINT64_MAX}) {
    CHECK(refused(with(kHeapInitialAt, bad)) == Code::kBadSnapshot);
    CHECK(refused(with(kHeapSizeAt, bad)) == Code::kBadSnapshot);
  }
  // This image has no entries for exceptions: with any it would be one for Linux programs, whose addresses are others.
  for (const uint64_t bad : {uint64_t{1}, uint64_t{0x400000}, kLinuxBase, UINT64_MAX}) {
    for (size_t entry = 0; entry < 3; ++entry) CHECK(refused(with(kTrapsAt + 8 * entry, bad)) == Code::kBadSnapshot);
  }
  for (const uint32_t bad : {0u, 65u, UINT32_MAX}) CHECK(refused(with(kSegmentsAt, bad)) == Code::kBadSnapshot);
  for (const uint32_t bad : {0u, UINT32_MAX}) CHECK(refused(with(kPagesAt, bad)) == Code::kBadSnapshot);
  // Registers of a guest that does not wait in NEXT.
  for (const uint64_t bad : {uint64_t{0}, kOpCall, kOpAbort, UINT64_MAX})
    CHECK(refused(with(kRegsAt, bad)) == Code::kBadSnapshot);
  CHECK(refused(with<uint64_t>(kRecordsAt + 16, 3)) == Code::kBadSnapshot);
  CHECK(refused(with<uint64_t>(kRecordsAt, kImageBase - 4096)) == Code::kBadSnapshot);
  CHECK(refused(with<uint64_t>(kRecordsAt + 8, UINT64_MAX - 4095)) == Code::kBadSnapshot);
}

TEST_CASE("a file that is truncated anywhere, or has bytes after its end, is refused") {
  NEEDS_KVM();
  for (size_t size = 0; size < good().size(); size += size < 400 ? 1 : 997) {
    CHECK(refused(Bytes(good().begin(), good().begin() + static_cast<long>(size))) == Code::kBadSnapshot);
  }
  Bytes more = good();
  more.push_back(0);
  CHECK(refused(more) == Code::kBadSnapshot);
}

TEST_CASE("pages outside the guest's memory: tables, system page, beyond the heap") {
  NEEDS_KVM();
  const Layout& layout = *lab_snapshot()->layout;
  const size_t first = kRecordsAt + layout.request.segments.size() * 24;
  const uint64_t system = layout.find(layout.system_address)->offset;
  for (const uint64_t offset : {uint64_t{0}, layout.tables_size - kPageSize, system, layout.fixed_bytes,
                                layout.heap_offset + lab_snapshot()->heap_size}) {
    CHECK(refused(with<uint32_t>(first, static_cast<uint32_t>(offset / kPageSize))) == Code::kBadSnapshot);
  }
  CHECK(refused(with<uint32_t>(first, UINT32_MAX)) == Code::kBadSnapshot);
}

TEST_CASE("hostile registers affect only the guest, and no host state") {
  NEEDS_KVM();
  Runner runner;
  auto shell = new_shell();
  std::mt19937_64 random(23);
  const uint64_t values[] = {0, 1, UINT64_MAX, uint64_t{1} << 63, uint64_t{1} << 47, 0x8000000000000000, 0x400000};
  for (int i = 0; i < 60; ++i) {
    Bytes bytes = good();
    for (size_t at = 8; at < sizeof(kvm_regs); at += 8) {
      if (random() % 2) std::memcpy(bytes.data() + kRegsAt + at, &values[random() % std::size(values)], 8);
    }
    auto made = deserialize_snapshot(bytes, kvm());
    REQUIRE(made.ok());
    if (shell->broken()) shell = new_shell();
    REQUIRE(shell->bind(made.value()).ok());
    Limits limits;
    limits.wall_ns = 100 * kMillisecond;
    auto reply = runner.call(*shell, lab(LAB_COUNT), limits);
    if (!reply)
      CHECK((reply.error().code == Code::kGuestFault || reply.error().code == Code::kGuestProtocol ||
             reply.error().code == Code::kLimitWallTime || reply.error().code == Code::kGuestTrap ||
             reply.error().code == Code::kLimitOutput));
  }
  shell = lab_shell();
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 8);
}

TEST_CASE("a small file that claims a huge heap costs neither time nor memory") {
  NEEDS_KVM();
  const Bytes bytes = with(kHeapSizeAt, kNativeReserve);
  const uint64_t started = now_ns();
  auto made = deserialize_snapshot(bytes, kvm());
  REQUIRE(made.ok());
  CHECK(serialize_snapshot(*made.value(), kvm()) == bytes);
  CHECK(now_ns() - started < 1000 * kMillisecond);
  CHECK(made.value()->memory->base().size() < (64 << 20));
}

TEST_CASE("random mutations") {
  NEEDS_KVM();
  std::mt19937 random(20260729);
  Bytes bytes = good();
  int accepted = 0;
  for (int i = 0; i < 1500; ++i) {
    const size_t at = random() % 3 ? random() % 700 : random() % bytes.size();
    const size_t length = std::min<size_t>(1 + random() % 8, bytes.size() - at);
    Bytes mutant = bytes;
    for (size_t n = 0; n < length; ++n) mutant[at + n] = random() % 3 ? static_cast<uint8_t>(random()) : 0xff;
    accepted += !refused(mutant);
  }
  MESSAGE("mutants accepted: " << accepted << " of 1500, seed 20260729");
}

TEST_SUITE_END();
