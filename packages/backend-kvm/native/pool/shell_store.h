// Shells that no executor holds. One background thread makes them ahead of need and destroys them.
//
// A vCPU that has never run may be made on any thread. One that has run must stay on its thread, because moving it
// costs milliseconds. So executors keep their shells and only return them to be destroyed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "kvm/kvm.h"
#include "machine/shell.h"

namespace colony {

class ShellStore {
 public:
  // Keeps `spares` new shells of every size that was ever requested.
  ShellStore(std::shared_ptr<const Kvm> kvm, uint32_t spares);
  ~ShellStore();

  // A shell of at least `bytes` whose vCPU has not run: a spare, or a new one.
  Result<std::unique_ptr<Shell>> take(uint64_t bytes);
  void discard(std::unique_ptr<Shell> shell);

  uint64_t created() const { return created_.load(); }
  uint64_t destroyed() const { return destroyed_.load(); }

 private:
  void loop();
  Result<std::unique_ptr<Shell>> make(uint64_t bytes);
  uint64_t missing_size() const;

  std::shared_ptr<const Kvm> kvm_;
  const uint32_t spares_;
  mutable std::mutex mutex_;
  std::condition_variable work_;
  std::map<uint64_t, std::vector<std::unique_ptr<Shell>>> ready_;
  std::vector<std::unique_ptr<Shell>> doomed_;
  std::atomic<uint64_t> created_{0}, destroyed_{0};
  bool stop_ = false;
  std::thread thread_;
};

// The arena size for a guest that may grow to `bytes`. There are few sizes, so that shells are shared.
uint64_t size_class(uint64_t bytes);

}  // namespace colony
