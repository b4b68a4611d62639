// Stops a running vCPU from another thread.
#pragma once

#include <linux/kvm.h>
#include <pthread.h>
#include <time.h>

#include <cstdint>
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "base/os.h"

namespace colony {

// The signal that makes a vCPU leave KVM_RUN. Its handler does nothing. It is installed once, with SA_RESTART, so that a
// late signal disturbs no other system call.
int interrupt_signal();
void install_interrupt_handler();

// Sends the interrupt signal to this thread again and again. A signal outside of KVM_RUN is lost, which does no harm.
class Ticker {
 public:
  Ticker() = default;
  Ticker(const Ticker&) = delete;
  ~Ticker();
  // On the thread that runs. Nanoseconds; 0 stops.
  Status set(uint64_t period);

 private:
  std::optional<timer_t> timer_;
};

// One thread's runs, for the watchdog and cancellers. A thread has at most one run at a time.
//
// immediate_exit is set before the signal is sent, so an interrupt between two entries is not lost: KVM_RUN checks the
// flag after it has begun to accept signals.
class RunSlot {
 public:
  RunSlot();  // on the thread that will run

  struct Deadlines {
    uint64_t wall = kForever;  // CLOCK_MONOTONIC, ns
    uint64_t cpu = kForever;   // this thread's CPU clock, ns
  };

  // Until end(), the run may be interrupted. `token` names the run for interrupt().
  void begin(kvm_run& run, const void* token, Deadlines deadlines);
  void end();
  // The reason for the interruption, if any: the Code of a limit or of a canceller.
  std::optional<Code> reason();
  // Makes KVM_RUN return every so many nanoseconds; 0: not any more.
  Status tick_every(uint64_t period) { return ticker_.set(period); }
  // Waits for a time, or until the run is interrupted. Nanoseconds.
  void sleep(uint64_t duration);

  // Ends the run named by token if it is going.
  void interrupt(const void* token, Code reason);
  // Ends whichever run is going.
  void interrupt_any(Code reason);
  // Ends the run if it is past a deadline. Returns the time of the next check (kForever when idle).
  uint64_t check(uint64_t now);

 private:
  void fire(Code reason);

  const pthread_t thread_;
  Ticker ticker_;
  clockid_t cpu_clock_;
  std::mutex mutex_;
  std::condition_variable fired_;
  kvm_run* run_ = nullptr;
  const void* token_ = nullptr;
  Deadlines deadlines_;
  std::optional<Code> reason_;
};

}  // namespace colony
