#include "pool/run_thread.h"

#include <sched.h>

#include <csignal>
#include <future>

namespace colony {
namespace {

void block_signals_of_others() {
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

RunThread::RunThread(const Kvm& kvm, ShellStore& store, Watchdog& watchdog, ExecutorOptions options, uint32_t spin_us)
    : spin_us_(spin_us) {
  std::promise<void> ready;
  thread_ = std::thread([&] {
    block_signals_of_others();
    executor_ = std::make_unique<Executor>(kvm, store, watchdog, options);
    ready.set_value();  // from here on the constructor's arguments may be gone
    loop();
  });
  ready.get_future().wait();
}

RunThread::~RunThread() {
  stop();
  join();
}

void RunThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  executor_->close();
  changed_.notify_one();
}

void RunThread::join() {
  if (thread_.joinable()) thread_.join();
}

bool RunThread::post(Task task) {
  bool wake;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    posted_.store(static_cast<uint32_t>(tasks_.size()), std::memory_order_release);
    wake = sleeping_;
  }
  if (wake) changed_.notify_one();
  return !wake;
}

bool RunThread::start(std::shared_ptr<Job> job) {
  load_.fetch_add(1, std::memory_order_relaxed);
  job->on_done = [this, done = std::move(job->on_done)](Job& over, Result<Outcome> outcome) {
    load_.fetch_sub(1, std::memory_order_relaxed);
    done(over, std::move(outcome));
  };
  return post({Task::Kind::kStart, std::move(job), {}});
}

void RunThread::answer(std::shared_ptr<Job> job, std::vector<uint8_t> reply) {
  post({Task::Kind::kAnswer, std::move(job), std::move(reply)});
}

void RunThread::cancel(std::shared_ptr<Job> job, Code reason) {
  if (!job->cancellation.set(reason)) return;
  executor_->interrupt(*job, reason);
  post({Task::Kind::kCancel, std::move(job), {}});
}

// Spins for a moment before sleeping: waking a thread costs more than a short call.
bool RunThread::wait_for_task(std::unique_lock<std::mutex>& lock) {
  if (tasks_.empty() && !stop_ && spin_us_ > 0) {
    lock.unlock();
    const uint64_t until = now_ns() + spin_us_ * 1000ull;
    // Yield, because the poster may be waiting for this very CPU.
    while (posted_.load(std::memory_order_acquire) == 0 && now_ns() < until) ::sched_yield();
    lock.lock();
  }
  sleeping_ = true;
  changed_.wait(lock, [&] { return stop_ || !tasks_.empty(); });
  sleeping_ = false;
  return !stop_;
}

void RunThread::loop() {
  std::unique_lock lock(mutex_);
  while (wait_for_task(lock)) {
    Task task = std::move(tasks_.front());
    tasks_.pop_front();
    posted_.store(static_cast<uint32_t>(tasks_.size()), std::memory_order_release);
    lock.unlock();
    perform(task);
    task = {};
    start_waiting();
    lock.lock();
  }
  lock.unlock();
  end_all();
}

void RunThread::perform(Task& task) {
  switch (task.kind) {
    case Task::Kind::kStart: return start_or_wait(std::move(task.job));
    case Task::Kind::kCancel: return cancel_here(task.job);
    case Task::Kind::kAnswer: break;
  }
  if (!task.job->parked) return;  // it ended meanwhile
  std::erase(parked_, task.job);
  task.job->reply = std::move(task.reply);
  executor_->answer(*task.job, {task.job->reply});
  if (task.job->parked) parked_.push_back(std::move(task.job));
}

void RunThread::start_or_wait(std::shared_ptr<Job> job) {
  if (!executor_->start(*job)) return waiting_.push_back(std::move(job));
  if (job->parked) parked_.push_back(std::move(job));
}

void RunThread::start_waiting() {
  while (!waiting_.empty()) {
    auto job = waiting_.front();
    if (!executor_->start(*job)) return;
    waiting_.pop_front();
    if (job->parked) parked_.push_back(std::move(job));
  }
}

void RunThread::cancel_here(const std::shared_ptr<Job>& job) {
  const bool waited = std::erase(waiting_, job) > 0;
  if (!waited && std::erase(parked_, job) == 0) return;
  executor_->fail(*job, make_error(job->cancellation.reason().value_or(Code::kAborted), "the call was ended"));
}

// Fails the remaining jobs, because the run thread is ending.
void RunThread::end_all() {
  const Error gone = make_error(Code::kDisposed, "the backend was closed");
  for (auto& job : waiting_) executor_->fail(*job, gone);
  for (auto& job : parked_) executor_->fail(*job, gone);
  for (const Task& task : tasks_) {
    if (task.kind == Task::Kind::kStart) executor_->fail(*task.job, gone);
  }
}

}  // namespace colony
