// The library's entry point: run threads for asynchronous runs, and an executor on the caller's thread for synchronous ones.
#pragma once

#include <memory>
#include <vector>

#include "pool/run_thread.h"

namespace colony {

struct HypervisorOptions {
  uint32_t threads = 2;
  uint32_t warm = 4;       // idle shells kept per thread
  uint32_t spares = 1;     // new shells kept ready per size
  uint32_t shells = 256;   // most shells per thread, parked ones included
  uint32_t spin_us = 100;  // time for which an idle run thread, and a waiting event loop, polls before it sleeps
};

class Hypervisor {
 public:
  // Called on the thread that will call run_sync.
  static Result<std::unique_ptr<Hypervisor>> create(const HypervisorOptions& options);
  ~Hypervisor() { close(); }
  // Ends running jobs with kDisposed, and then the run threads. A job may be running further up this thread's stack: it ends
  // when its on_call returns, and this object must live until then.
  void close();

  // Gives the job to a run thread, which calls on_call and on_done. Returns whether that thread was awake.
  bool run(std::shared_ptr<Job> job);
  void answer(std::shared_ptr<Job> job, std::vector<uint8_t> reply) { job->run_thread->answer(job, std::move(reply)); }
  void cancel(std::shared_ptr<Job> job, Code reason) { job->run_thread->cancel(job, reason); }

  // Runs the job to its end on this thread; on_call must answer at once.
  void run_sync(Job& job);
  // Drops a context's kept state.
  void drop(Instance& instance);
  // Freezes a context's kept state; null if it has none.
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
