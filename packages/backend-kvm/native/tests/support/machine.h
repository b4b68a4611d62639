// A shell with the test guest, driven as an executor would.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "guests/lab.h"
#include "machine/shell.h"
#include "pool/watchdog.h"

// Ends the test case without KVM; main() reports the reason at the end of the run.
#define NEEDS_KVM()                                \
  if (!colony::test::open_kvm()) {                 \
    ++colony::test::skipped_tests();               \
    return;                                        \
  }

namespace colony::test {

using Bytes = std::vector<uint8_t>;

const Result<std::shared_ptr<const Kvm>>& open_kvm();
// Number of test cases that were skipped without KVM.
inline int& skipped_tests() {
  static int count = 0;
  return count;
}
inline const Kvm& kvm() { return *open_kvm().value(); }

// The test guest's ELF file, and its state in the first NEXT.
const Bytes& lab_elf();
std::shared_ptr<const Snapshot> lab_image();
std::shared_ptr<const Snapshot> lab_snapshot();
// The state of the guest with its own exceptions before its first instruction.
std::shared_ptr<const Snapshot> traps_image();
uint64_t lab_symbol(const std::string& name);

// A request of the test guest.
Bytes lab(LabOp op, const std::vector<uint64_t>& numbers = {}, const std::string& text = {});
uint64_t number(const Bytes& reply);

constexpr uint64_t kMillisecond = 1'000'000;

// One thread's way to run shells: its slot, and a watchdog to end runs.
class Runner {
 public:
  using OnCall = std::function<std::optional<Bytes>(std::span<const uint8_t>)>;

  Runner() { watchdog_.add(&slot_); }
  ~Runner() { watchdog_.remove(&slot_); }

  // Delivers the request and runs to the next NEXT; on_call answers calls (default: with the request).
  Result<Bytes> call(Shell& shell, const Bytes& request, Limits limits = {}, const OnCall& on_call = {});
  // The same without a delivery: from an image's entry.
  Result<Bytes> resume(Shell& shell, Limits limits = {}, const OnCall& on_call = {});
  RunSlot& slot() { return slot_; }
  Watchdog& watchdog() { return watchdog_; }

 private:
  RunSlot slot_;
  Watchdog watchdog_;
};

std::unique_ptr<Shell> new_shell(uint64_t arena_bytes = 16 << 20);
// A shell bound to the test guest, waiting in NEXT.
std::unique_ptr<Shell> lab_shell(uint64_t arena_bytes = 16 << 20);

}  // namespace colony::test
