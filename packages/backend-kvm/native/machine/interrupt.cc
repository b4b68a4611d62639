#include "machine/interrupt.h"

#include <chrono>
#include <csignal>

#include <unistd.h>

namespace colony {
namespace {

void do_nothing(int) {}

}  // namespace

int interrupt_signal() { return SIGRTMIN + 5; }

void install_interrupt_handler() {
  static std::once_flag once;
  std::call_once(once, [] {
    struct sigaction action{};
    action.sa_handler = do_nothing;
    action.sa_flags = SA_RESTART;
    ::sigaction(interrupt_signal(), &action, nullptr);
  });
}

Ticker::~Ticker() {
  if (timer_) ::timer_delete(*timer_);
}

Status Ticker::set(uint64_t period) {
  if (!timer_) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = interrupt_signal();
    event._sigev_un._tid = ::gettid();
    timer_t timer;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return system_error(Code::kInternal, "timer_create");
    timer_ = timer;
  }
  const timespec time{static_cast<time_t>(period / 1'000'000'000), static_cast<long>(period % 1'000'000'000)};
  const itimerspec setting{time, time};
  if (::timer_settime(*timer_, 0, &setting, nullptr) != 0) return system_error(Code::kInternal, "timer_settime");
  return Ok{};
}

RunSlot::RunSlot() : thread_(::pthread_self()) {
  install_interrupt_handler();
  if (::pthread_getcpuclockid(thread_, &cpu_clock_) != 0) cpu_clock_ = CLOCK_THREAD_CPUTIME_ID;
  // Node blocks no signal, but an embedder might: a blocked interrupt would never end a run.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, interrupt_signal());
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void RunSlot::begin(kvm_run& run, const void* token, Deadlines deadlines) {
  const std::lock_guard lock(mutex_);
  run.immediate_exit = 0;
  run_ = &run;
  token_ = token;
  deadlines_ = deadlines;
  reason_.reset();
}

void RunSlot::end() {
  const std::lock_guard lock(mutex_);
  if (run_ != nullptr) run_->immediate_exit = 0;
  run_ = nullptr;
  token_ = nullptr;
}

std::optional<Code> RunSlot::reason() {
  const std::lock_guard lock(mutex_);
  return reason_;
}

void RunSlot::sleep(uint64_t duration) {
  // The deadline of a run, or a canceller, is what ends a longer sleep.
  constexpr uint64_t kLongest = 3'600'000'000'000;
  std::unique_lock lock(mutex_);
  fired_.wait_for(lock, std::chrono::nanoseconds(std::min(duration, kLongest)), [&] { return reason_.has_value(); });
}

void RunSlot::fire(Code reason) {
  reason_ = reason;
  fired_.notify_all();
  run_->immediate_exit = 1;
  ::pthread_kill(thread_, interrupt_signal());
}

void RunSlot::interrupt(const void* token, Code reason) {
  const std::lock_guard lock(mutex_);
  if (run_ != nullptr && token_ == token && !reason_) fire(reason);
}

void RunSlot::interrupt_any(Code reason) {
  const std::lock_guard lock(mutex_);
  if (run_ != nullptr && !reason_) fire(reason);
}

uint64_t RunSlot::check(uint64_t now) {
  const std::lock_guard lock(mutex_);
  if (run_ == nullptr || reason_) return kForever;
  if (now >= deadlines_.wall) {
    fire(Code::kLimitWallTime);
    return kForever;
  }
  uint64_t next = deadlines_.wall;
  if (deadlines_.cpu != kForever) {
    const uint64_t used = clock_ns(cpu_clock_);
    if (used >= deadlines_.cpu) {
      fire(Code::kLimitCpuTime);
      return kForever;
    }
    // CPU time passes no faster than wall time.
    next = std::min(next, add_saturating(now, deadlines_.cpu - used));
  }
  return next;
}

}  // namespace colony
