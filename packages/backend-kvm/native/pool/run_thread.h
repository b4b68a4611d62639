// A native thread with an executor, on which `call` runs.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "pool/executor.h"

namespace colony {

class RunThread {
 public:
  RunThread(const Kvm& kvm, ShellStore& store, Watchdog& watchdog, ExecutorOptions options, uint32_t spin_us);
  ~RunThread();
  // Ends every job with kDisposed, then the thread; join() waits for that. The executor stays alive.
  void stop();
  void join();

  // Called from any thread. Returns true if this thread is awake and takes the job at once.
  bool start(std::shared_ptr<Job> job);
  void answer(std::shared_ptr<Job> job, std::vector<uint8_t> reply);
  void cancel(std::shared_ptr<Job> job, Code reason);
  Executor* executor() { return executor_.get(); }
  uint32_t load() const { return load_.load(std::memory_order_relaxed); }

 private:
  struct Task {
    enum class Kind : uint8_t { kStart, kAnswer, kCancel } kind;
    std::shared_ptr<Job> job;
    std::vector<uint8_t> reply;
  };

  bool post(Task task);
  bool wait_for_task(std::unique_lock<std::mutex>& lock);
  void loop();
  void perform(Task& task);
  void start_or_wait(std::shared_ptr<Job> job);
  void start_waiting();
  void cancel_here(const std::shared_ptr<Job>& job);
  void end_all();

  const uint32_t spin_us_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::atomic<uint32_t> posted_{0};  // tasks in the queue, for spinning without the lock
  bool sleeping_ = false;
  bool stop_ = false;
  std::atomic<uint32_t> load_{0};
  std::unique_ptr<Executor> executor_;        // made on the thread
  std::deque<std::shared_ptr<Job>> waiting_;  // for a shell; only this thread uses it
  std::vector<std::shared_ptr<Job>> parked_;  // only this thread uses it
  std::thread thread_;
};

}  // namespace colony
