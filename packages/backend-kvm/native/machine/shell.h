// A shell: a VM with its vCPU and memory, to which a virtine is bound.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "channel/channel.h"
#include "kvm/exit.h"
#include "kvm/kvm.h"
#include "machine/interrupt.h"
#include "machine/snapshot.h"
#include "memory/arena.h"
#include "machine/dirty.h"

namespace colony {

using Segments = std::vector<std::span<const uint8_t>>;
inline uint64_t total_bytes(const Segments& segments) {
  uint64_t sum = 0;
  for (const auto& s : segments) sum += s.size();
  return sum;
}

// Limits of a run.
struct Limits {
  uint64_t memory = kForever;   // bytes, all pages of the guest
  uint64_t output = kForever;   // bytes of a result or a hypercall request
  uint64_t wall_ns = kForever;  // of the whole run
  uint64_t cpu_ns = kForever;
};

// The reason why a run stopped, other than an error.
struct Event {
  enum class Kind : uint8_t { kNext, kCall };
  Kind kind;
  // The guest's frame, in guest memory: valid until the shell is entered or reset.
  std::span<const uint8_t> frame;
};

class Shell {
 public:
  static Result<std::unique_ptr<Shell>> create(const Kvm& kvm, uint64_t arena_bytes);

  // Binds `snapshot`, and drops the whole former one.
  Status bind(std::shared_ptr<const Snapshot> snapshot);
  // Restores the bound snapshot.
  Status reset();
  // Number of pages that a reset would restore now.
  Result<uint32_t> dirty_pages() { return dirty_.count(vm_); }
  // The present state, in which the guest waits in NEXT.
  Result<std::shared_ptr<const Snapshot>> freeze();

  // Answers the hypercall in which the guest waits. The bytes must stay valid until the next deliver or reset, because the
  // guest fetches a frame that is larger than its buffer later.
  Status deliver(const Segments& frame);
  // Runs the guest until it needs an answer. The caller has called slot.begin().
  Result<Event> resume(RunSlot& slot, const Limits& limits);

  const std::shared_ptr<const Snapshot>& bound() const { return bound_; }
  uint64_t arena_bytes() const { return arena_.size(); }
  uint64_t guest_bytes() const { return bound_ ? bound_->layout->fixed_bytes + heap_size_ : 0; }
  kvm_run& run() { return vm_.run(); }
  // True if setting registers does not repair the vCPU's state: then the shell must be destroyed.
  bool broken() const { return broken_; }

 private:
  Shell(const Kvm& kvm, Arena arena, Vm vm);

  Status set_entry_state();
  GuestMemory memory() { return {*bound_->layout, arena_.data(), heap_size_}; }
  Result<bool> handle(RunSlot& slot, const Limits& limits, Event& event);
  Status serve_library_os(RunSlot& slot);
  Exit enter();
  Result<Event> run_to_event(RunSlot& slot, const Limits& limits);
  Status go_on_after_interruption(RunSlot& slot);
  Status grow(uint64_t size, const Limits& limits);
  Status fetch();
  void drop_dead_stack(std::vector<uint32_t>& pages) const;
  Error abort_error();
  Error fault_error(const Exit& exit);
  Status write_reply(const Segments& frame, uint64_t size);
  void answer(const HypercallReply& reply);

  const Kvm& kvm_;
  Arena arena_;
  Vm vm_;
  DirtyTracker dirty_;
  std::shared_ptr<const Snapshot> bound_;
  kvm_regs regs_{};
  kvm_sregs entry_sregs_{};   // of the bound layout
  bool sregs_stale_ = false;  // a Linux guest may have changed its segments since the last reset
  HypercallRequest request_;
  uint64_t heap_size_ = 0;
  Segments pending_;
  bool has_pending_ = false;
  bool broken_ = false;
};

}  // namespace colony
