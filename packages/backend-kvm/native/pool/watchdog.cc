#include "pool/watchdog.h"

#include <algorithm>
#include <chrono>

namespace colony {

Watchdog::Watchdog() : thread_([this] { loop(); }) {}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Watchdog::add(RunSlot* slot) {
  const std::lock_guard lock(mutex_);
  slots_.push_back(slot);
}

void Watchdog::remove(RunSlot* slot) {
  const std::lock_guard lock(mutex_);
  std::erase(slots_, slot);
}

void Watchdog::hurry(uint64_t deadline) {
  {
    const std::lock_guard lock(mutex_);
    wake_.store(std::min(wake_.load(), deadline));
  }
  changed_.notify_one();
}

void Watchdog::loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    // Announced before the slots are checked. A run that begins after the check sees a wake-up time that is too late
    // for it and wakes this thread; a run that began before is seen.
    wake_.store(kForever, std::memory_order_seq_cst);
    uint64_t next = kForever;
    for (RunSlot* slot : slots_) next = std::min(next, slot->check(now_ns()));
    next = std::min(next, wake_.load());
    wake_.store(next, std::memory_order_seq_cst);
    if (next == kForever) {
      changed_.wait(lock, [&] { return stop_ || wake_.load() != kForever; });
    } else {
      // A deadline in some centuries must not become negative: the wait would never sleep.
      const auto ns = static_cast<int64_t>(std::min<uint64_t>(next, INT64_MAX));
      const auto at = std::chrono::steady_clock::time_point(std::chrono::nanoseconds(ns));
      changed_.wait_until(lock, at, [&] { return stop_ || wake_.load() < next; });
    }
  }
}

}  // namespace colony
