// One run of a guest, from the caller's bytes to its result.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/error.h"
#include "machine/shell.h"
#include "machine/snapshot.h"

namespace colony {

class Executor;
class Lane;

// Kept state of one context: what its next keep run starts from. Guarded by the executor that holds it;
// at most one run of it is going at a time.
struct Instance {
  std::shared_ptr<const Snapshot> start;
  std::shared_ptr<const Snapshot> kept;   // frozen kept state, when no shell holds it
  std::atomic<Executor*> home{nullptr};   // whose shell holds the live state
};

struct Usage {
  uint64_t wall_ns = 0;
  uint64_t cpu_ns = 0;
  uint64_t memory = 0;  // bytes of guest memory at the end
  uint32_t dirty_pages = 0;
  uint32_t entries = 0; // hypercalls that reached the host's caller, plus one
};

struct Outcome {
  std::vector<uint8_t> output;
  std::shared_ptr<const Snapshot> frozen;  // where the job asked for it
  Usage usage;
};

struct Job {
  // What to run.
  std::shared_ptr<const Snapshot> snapshot;
  std::shared_ptr<Instance> instance;  // a keep run; snapshot is then unused
  Segments input;                      // borrowed; empty with `boot`: run an image up to its first NEXT
  bool boot = false;
  bool freeze = false;                 // give the state after the run as a snapshot
  Limits limits;

  // How the caller hears of it, on the executor's thread. on_call's bytes are valid during the call only.
  // It may answer at once by returning segments that stay valid until the next call or the end; or park the job by
  // returning nullopt, and answer later through Executor::answer.
  std::function<std::optional<Segments>(Job&, std::span<const uint8_t>)> on_call;
  std::function<void(Job&, Result<Outcome>)> on_done;

  // Set from any thread to end the job; kInternal means go on.
  std::atomic<Code> cancelled{Code::kInternal};

  // The hypervisor's and the executor's.
  Lane* lane = nullptr;
  std::unique_ptr<Shell> shell;
  Usage usage;
  uint64_t started_ns = 0;
  bool parked = false;
  std::vector<uint8_t> reply;  // the answer under way
};

}  // namespace colony
