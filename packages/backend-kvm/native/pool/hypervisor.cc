#include "pool/hypervisor.h"

#include <algorithm>

namespace colony {

Result<std::unique_ptr<Hypervisor>> Hypervisor::create(const HypervisorOptions& options) {
  auto kvm = Kvm::open();
  if (!kvm) return kvm.error();
  return std::unique_ptr<Hypervisor>(new Hypervisor(kvm.take(), options));
}

Hypervisor::Hypervisor(std::shared_ptr<const Kvm> kvm, const HypervisorOptions& options)
    : kvm_(std::move(kvm)), store_(kvm_, options.spares),
      here_(*kvm_, store_, watchdog_, {options.warm, options.shells}) {
  for (uint32_t i = 0; i < std::max(options.threads, 1u); ++i) {
    threads_.push_back(std::make_unique<RunThread>(*kvm_, store_, watchdog_,
                                                   ExecutorOptions{options.warm, options.shells}, options.spin_us));
  }
}

void Hypervisor::close() {
  // All run threads end before any executor goes: one may be asking another for an instance.
  here_.close();
  for (auto& thread : threads_) thread->stop();
  for (auto& thread : threads_) thread->join();
}

bool Hypervisor::run(std::shared_ptr<Job> job) {
  runs_.fetch_add(1, std::memory_order_relaxed);
  // The first of the least loaded: sequential calls find their warm shell on the same run thread.
  RunThread* best = std::min_element(threads_.begin(), threads_.end(), [](const auto& a, const auto& b) {
                      return a->load() < b->load();
                    })->get();
  job->run_thread = best;
  if (job->instance != nullptr) job->drops = job->instance->drops;
  return best->start(std::move(job));
}

void Hypervisor::run_sync(Job& job) {
  if (job.instance != nullptr) job.drops = job.instance->drops;
  runs_.fetch_add(1, std::memory_order_relaxed);
  if (!here_.start(job)) {
    job.on_done(job, make_error(Code::kInternal, "nested calls use every shell of this thread"));
  }
}

void Hypervisor::drop(Instance& instance) {
  ++instance.drops;
  if (Executor* home = instance.home) home->drop_instance(instance);
  instance.keep(nullptr);
}

Result<std::shared_ptr<const Snapshot>> Hypervisor::freeze(Instance& instance) {
  if (instance.running) return make_error(Code::kBadOption, "a call that keeps this state is running");
  if (Executor* home = instance.home) COLONY_TRY(home->park_instance(instance));
  return instance.kept();
}

Hypervisor::Stats Hypervisor::stats() const {
  Stats out;
  out.shells_created = store_.created();
  out.shells_destroyed = store_.destroyed();
  out.shells_live = here_.live_shells();
  for (const auto& thread : threads_) out.shells_live += thread->executor()->live_shells();
  out.threads = static_cast<uint32_t>(threads_.size());
  out.runs = runs_.load();
  return out;
}

}  // namespace colony
