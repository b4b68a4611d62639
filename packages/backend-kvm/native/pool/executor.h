// Runs jobs on one thread, with shells that stay on that thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "pool/job.h"
#include "pool/shell_store.h"
#include "pool/watchdog.h"

namespace colony {

struct ExecutorOptions {
  uint32_t warm = 4;      // idle shells kept
  uint32_t shells = 256;  // most shells at once, parked ones included
};

class Executor {
 public:
  // Made and used on its thread, except for park_instance, drop_instance, interrupt, close and stats. Destroyed when no
  // thread runs jobs any more: until then, another executor may ask this one for an instance.
  Executor(const Kvm& kvm, ShellStore& store, Watchdog& watchdog, ExecutorOptions options);
  ~Executor();

  // Runs the job until it is done (on_done is called) or parked. Returns false if every shell is taken: then try again
  // after another job of this executor is done.
  bool start(Job& job);  // kBadOption (through on_done) for an invalid job
  // Answers a parked job's call, and runs the job until it is done or parked again.
  void answer(Job& job, const Segments& reply);
  // Ends a parked job.
  void fail(Job& job, Error error);

  // Ends the job's run if it is going, from any thread.
  void interrupt(Job& job, Code reason) { slot_.interrupt(&job, reason); }
  // Ends every run from now on with kDisposed. Called from any thread.
  void close();
  // Freezes an idle instance's live state into instance.kept, from any thread.
  Status park_instance(Instance& instance);
  // Drops an instance's live state, from any thread.
  void drop_instance(Instance& instance);

  uint32_t live_shells() const { return live_.load(); }

 private:
  struct Idle {
    std::unique_ptr<Shell> shell;
    std::shared_ptr<Instance> owner;  // whose kept state it holds
  };

  Result<std::unique_ptr<Shell>> acquire(Job& job);
  Status claim(Job& job);
  std::unique_ptr<Shell> take_idle(const Snapshot& snapshot, uint64_t bytes, const Instance* owner);
  Result<std::unique_ptr<Shell>> rebind_or_create(const std::shared_ptr<const Snapshot>& snapshot, uint64_t bytes);
  std::unique_ptr<Shell> steal_idle(uint64_t bytes);
  Status freeze_owner(Idle& idle);
  Idle take_at(std::list<Idle>::iterator it);
  void run(Job& job);
  Result<Event> enter(Job& job);
  bool serve_call(Job& job, const Event& event);
  void finish(Job& job, std::span<const uint8_t> frame);
  void settle(Job& job, Result<Outcome> outcome);
  void clean(std::unique_ptr<Shell> shell, const Job& job, bool ok);
  void clean_fresh(std::unique_ptr<Shell> shell);
  void keep_idle(std::unique_ptr<Shell> shell, std::shared_ptr<Instance> owner);
  void destroy(std::unique_ptr<Shell> shell);
  std::list<Idle>::iterator find_owned(const Instance& instance);

  const Kvm& kvm_;
  ShellStore& store_;
  Watchdog& watchdog_;
  const ExecutorOptions options_;
  RunSlot slot_;
  std::mutex mutex_;      // guards idle_ and the instances' homes
  std::list<Idle> idle_;  // most recently used first
  std::atomic<uint32_t> live_{0};
  std::atomic<bool> closing_{false};
};

}  // namespace colony
