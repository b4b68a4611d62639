// A thread that ends runs past their deadline. It sleeps until the earliest known deadline, so a run pays for it only if
// its deadline comes before all others.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "machine/interrupt.h"

namespace colony {

class Watchdog {
 public:
  Watchdog();
  ~Watchdog();

  void add(RunSlot* slot);
  void remove(RunSlot* slot);
  // Reports that a run with this earliest possible deadline has begun.
  void expect(uint64_t deadline) {
    if (deadline < wake_.load(std::memory_order_seq_cst)) hurry(deadline);
  }

 private:
  void hurry(uint64_t deadline);
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<RunSlot*> slots_;
  std::atomic<uint64_t> wake_{kForever};
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace colony
