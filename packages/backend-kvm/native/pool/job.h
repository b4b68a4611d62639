// One run of a guest, from the caller's bytes to its result.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "machine/shell.h"
#include "machine/snapshot.h"

namespace colony {

class Executor;
class RunThread;

// Kept state of one context, from which its next keep run starts. It is in the shell of its home, or else frozen in
// kept(); if neither, the run starts from the start state.
struct Instance {
  std::shared_ptr<const Snapshot> start;
  std::atomic<Executor*> home{nullptr};
  std::atomic<bool> running{false};  // at most one run of it at a time: a second one is refused
  std::atomic<uint32_t> drops{0};    // a run that was requested before the last drop keeps nothing

  std::shared_ptr<const Snapshot> kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  void keep(std::shared_ptr<const Snapshot> state) {
    const std::lock_guard lock(mutex_);
    kept_.swap(state);  // the former state is freed after the lock
  }

 private:
  mutable std::mutex mutex_;  // a drop may come while a run is ending
  std::shared_ptr<const Snapshot> kept_;
};

struct Usage {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;
  uint64_t memory = 0;  // bytes of guest memory at the end
  uint32_t dirty_pages = 0;
};

struct Outcome {
  std::vector<uint8_t> output;
  std::shared_ptr<const Snapshot> frozen;  // if the job asked for it
  Usage usage;
};

// The reason to end a job early. Set from any thread.
class Cancellation {
 public:
  // Returns false if there is a reason already: the first one counts.
  bool set(Code reason) {
    int none = kNone;
    return reason_.compare_exchange_strong(none, static_cast<int>(reason));
  }
  std::optional<Code> reason() const {
    const int reason = reason_;
    return reason == kNone ? std::nullopt : std::optional(static_cast<Code>(reason));
  }

 private:
  static constexpr int kNone = -1;
  std::atomic<int> reason_{
      kNone};  // not an atomic optional: an exchange would compare an empty one's unused bytes, too
};

struct Job {
  // The state to run.
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<Instance> instance;  // a keep run; snapshot is then unused
  Segments input;                      // borrowed; empty with `boot`: run an image up to its first NEXT
  bool boot = false;
  bool freeze = false;  // return the state after the run as a snapshot
  Limits limits;

  // Callbacks, on the executor's thread. on_call's bytes are valid during the call only. It may answer at once by returning
  // segments that stay valid until the next call or the end; or park the job by returning nullopt, and answer later through
  // Executor::answer.
  std::function<std::optional<Segments>(Job&, std::span<const uint8_t>)> on_call;
  std::function<void(Job&, Result<Outcome>)> on_done;

  Cancellation cancellation;

  // State of the hypervisor and of the executor.
  RunThread* run_thread = nullptr;
  std::unique_ptr<Shell> shell;
  Usage usage;
  uint64_t started_ns = 0;
  bool parked = false;
  bool claimed = false;        // this is the instance's only run
  uint32_t drops = 0;          // the instance's drops when the run was requested
  std::vector<uint8_t> reply;  // the present answer
};

}  // namespace colony
