// The library's front door: run threads for asynchronous runs, and an executor on the caller's thread for synchronous ones.
#pragma once

#include <memory>
#include <vector>

#include "pool/run_thread.h"

namespace colony {

struct HypervisorOptions {
  uint32_t threads = 2;
  uint32_t warm = 4;      // idle shells kept per thread
  uint32_t spares = 1;    // new shells kept ready per size
  uint32_t shells = 256;  // most shells per thread, parked ones included
  uint32_t spin_us = 100;  // how long an idle run thread looks for work, and a waiting event loop for results, before it sleeps
};

class Hypervisor {
 public:
  // On the thread that will call run_sync.
  static Result<std::unique_ptr<Hypervisor>> create(const HypervisorOptions& options);
  ~Hypervisor() { close(); }
  // Jobs that are going end with kDisposed, and then the run threads. On this thread one may be going further up
  // the stack: it ends when its on_call comes back, and until then this object must live.
  void close();

  // Gives the job to a run thread, which calls on_call and on_done. True when it was awake.
  bool run(std::shared_ptr<Job> job);
  void answer(std::shared_ptr<Job> job, std::vector<uint8_t> reply) { job->run_thread->answer(job, std::move(reply)); }
  void cancel(std::shared_ptr<Job> job, Code reason) { job->run_thread->cancel(job, reason); }

  // Runs the job to its end on this thread; on_call must answer at once.
  void run_sync(Job& job);
  // Drops what a context keeps.
  void drop(Instance& instance);
  // Freezes what a context keeps; null when it keeps nothing.
  Result<std::shared_ptr<const Snapshot>> freeze(Instance& instance);

  struct Stats {
    uint64_t shells_created = 0;
    uint64_t shells_destroyed = 0;
    uint32_t shells_live = 0;  // held by executors
    uint32_t threads = 0;
    uint64_t runs = 0;  // ever begun
  };
  Stats stats() const;
  const Kvm& kvm() const { return *kvm_; }

 private:
  explicit Hypervisor(std::shared_ptr<const Kvm> kvm, const HypervisorOptions& options);

  std::shared_ptr<const Kvm> kvm_;
  ShellStore store_;
  Watchdog watchdog_;
  std::vector<std::unique_ptr<RunThread>> threads_;
  Executor here_;
  std::atomic<uint64_t> runs_{0};
};

}  // namespace colony
