#include "pool/executor.h"

#include <algorithm>
#include <string>

namespace colony {
namespace {

// The arena size that a job may need: the heap may grow up to its memory limit.
uint64_t arena_need(const Snapshot& snapshot, const Limits& limits) {
  const Layout& layout = *snapshot.layout;
  const uint64_t most_heap = limits.memory > layout.fixed_bytes ? limits.memory - layout.fixed_bytes : 0;
  const uint64_t heap = std::clamp(most_heap, snapshot.heap_size, layout.heap_reserve);
  return layout.heap_offset + heap;
}

}  // namespace

Executor::Executor(const Kvm& kvm, ShellStore& store, Watchdog& watchdog, ExecutorOptions options)
    : kvm_(kvm), store_(store), watchdog_(watchdog), options_{options.warm, std::max(options.shells, 1u)} {
  watchdog_.add(&slot_);
}

Executor::~Executor() {
  watchdog_.remove(&slot_);
  for (const Idle& idle : idle_) {
    if (idle.owner != nullptr) idle.owner->home = nullptr;
  }
}

Executor::Idle Executor::take_at(std::list<Idle>::iterator it) {
  Idle out = std::move(*it);
  idle_.erase(it);
  if (out.owner != nullptr) out.owner->home = nullptr;
  return out;
}

// An idle shell that already holds this state.
std::unique_ptr<Shell> Executor::take_idle(const Snapshot& snapshot, uint64_t bytes, const Instance* owner) {
  for (auto it = idle_.begin(); it != idle_.end(); ++it) {
    const bool same =
        owner != nullptr ? it->owner.get() == owner : it->owner == nullptr && it->shell->bound().get() == &snapshot;
    if (same && it->shell->arena_bytes() >= bytes) return take_at(it).shell;
  }
  return nullptr;
}

Status Executor::freeze_owner(Idle& idle) {
  if (idle.owner == nullptr) return Ok{};
  auto kept = idle.shell->freeze();
  if (!kept) return kept.error();
  idle.owner->keep(kept.take());
  return Ok{};
}

// The least recently used idle shell that is large enough; one with kept state only after all others.
std::unique_ptr<Shell> Executor::steal_idle(uint64_t bytes) {
  for (const bool owned : {false, true}) {
    for (auto it = idle_.rbegin(); it != idle_.rend(); ++it) {
      if ((it->owner != nullptr) != owned || it->shell->arena_bytes() < bytes) continue;
      if (!freeze_owner(*it)) continue;
      return take_at(std::prev(it.base())).shell;
    }
  }
  return nullptr;
}

Result<std::unique_ptr<Shell>> Executor::rebind_or_create(const std::shared_ptr<const Snapshot>& snapshot,
                                                          uint64_t bytes) {
  std::unique_ptr<Shell> shell;
  if (live_ >= std::max(options_.warm, 1u)) shell = steal_idle(bytes);
  if (shell == nullptr && live_ >= options_.shells && !idle_.empty()) {
    // All shells exist, and the idle ones are too small: destroy one to make room.
    if (auto small = steal_idle(0)) destroy(std::move(small));
  }
  if (shell == nullptr) {
    auto made = store_.take(bytes);
    if (!made) return made.error();
    shell = made.take();
    ++live_;
  }
  Status bound = shell->bind(snapshot);
  if (!bound) {
    destroy(std::move(shell));
    return bound.error();
  }
  return shell;
}

Result<std::unique_ptr<Shell>> Executor::acquire(Job& job) {
  Instance* owner = job.instance.get();
  if (owner != nullptr) {
    Executor* home = owner->home;
    if (home != nullptr && home != this) COLONY_TRY(home->park_instance(*owner));
  }
  const std::lock_guard lock(mutex_);
  const auto kept = owner == nullptr ? nullptr : owner->kept();
  const auto& snapshot = owner == nullptr ? job.snapshot : kept ? kept : owner->start;
  const uint64_t bytes = arena_need(*snapshot, job.limits);
  if (auto shell = take_idle(*snapshot, bytes, owner)) return shell;
  if (owner != nullptr && owner->home == this) {
    // Its live state sits in a shell too small for this run's memory limit.
    auto it = find_owned(*owner);
    COLONY_TRY(freeze_owner(*it));
    destroy(take_at(it).shell);
    return rebind_or_create(owner->kept(), bytes);
  }
  return rebind_or_create(snapshot, bytes);
}

// Refuses invalid jobs. From here on, the instance belongs to this job.
Status Executor::claim(Job& job) {
  const Snapshot* from = job.instance != nullptr ? job.instance->start.get() : job.snapshot.get();
  if (from == nullptr || from->booted == job.boot) {
    return make_error(Code::kBadOption, "only an image boots, and only a booted snapshot is called");
  }
  if (job.instance == nullptr) return Ok{};
  if (job.instance->running.exchange(true))
    return make_error(Code::kBadOption, "another call that keeps this state is running");
  job.claimed = true;
  return Ok{};
}

bool Executor::start(Job& job) {
  {
    const std::lock_guard lock(mutex_);
    if (idle_.empty() && live_ >= options_.shells) return false;
  }
  job.started_ns = now_ns();
  if (Status claimed = claim(job); !claimed) {
    settle(job, claimed.error());
    return true;
  }
  if (const std::optional<Code> reason = job.cancellation.reason()) {
    settle(job, make_error(*reason, "ended before it began"));
    return true;
  }
  auto shell = acquire(job);
  if (!shell) {
    settle(job, shell.error());
    return true;
  }
  job.shell = shell.take();
  if (job.shell->guest_bytes() > job.limits.memory) {
    settle(job, make_error(Code::kLimitMemory,
                           "the guest needs " + std::to_string(job.shell->guest_bytes()) + " bytes to start"));
    return true;
  }
  if (!job.boot) {
    Status delivered = job.shell->deliver(job.input);
    if (!delivered) {
      settle(job, delivered.error());
      return true;
    }
  }
  run(job);
  return true;
}

void Executor::answer(Job& job, const Segments& reply) {
  job.parked = false;
  Status delivered = job.shell->deliver(reply);
  if (!delivered) return settle(job, delivered.error());
  run(job);
}

void Executor::fail(Job& job, Error error) {
  job.parked = false;
  settle(job, std::move(error));
}

Result<Event> Executor::enter(Job& job) {
  const uint64_t cpu = thread_cpu_ns();
  const uint64_t cpu_left = job.limits.cpu_ns > job.usage.cpu_ns ? job.limits.cpu_ns - job.usage.cpu_ns : 0;
  const RunSlot::Deadlines deadlines{add_saturating(job.started_ns, job.limits.wall_ns),
                                     job.limits.cpu_ns == kForever ? kForever : add_saturating(cpu, cpu_left)};
  slot_.begin(job.shell->run(), &job, deadlines);
  uint64_t first_look = deadlines.wall;
  if (deadlines.cpu != kForever) first_look = std::min(first_look, add_saturating(now_ns(), cpu_left));
  if (first_look != kForever) watchdog_.expect(first_look);
  // A canceller that came before begin() found nothing to interrupt.
  if (const std::optional<Code> reason = job.cancellation.reason()) slot_.interrupt(&job, *reason);
  if (closing_) slot_.interrupt(&job, Code::kDisposed);
  auto event = job.shell->resume(slot_, job.limits);
  slot_.end();
  job.usage.cpu_ns += thread_cpu_ns() - cpu;
  return event;
}

void Executor::run(Job& job) {
  for (;;) {
    auto event = enter(job);
    if (!event) return settle(job, event.error());
    if (event.value().kind == Event::Kind::kNext) return finish(job, event.value().frame);
    if (!serve_call(job, event.value())) return;
  }
}

// False when the job is parked or over.
bool Executor::serve_call(Job& job, const Event& event) {
  auto reply = job.on_call(job, event.frame);
  if (!reply) {
    const std::optional<Code> reason = job.cancellation.reason();
    job.parked = !reason;
    if (reason) settle(job, make_error(*reason, "ended during a hypercall"));
    return false;
  }
  Status delivered = job.shell->deliver(*reply);
  if (!delivered) settle(job, delivered.error());
  return delivered.ok();
}

void Executor::finish(Job& job, std::span<const uint8_t> frame) {
  Outcome outcome;
  if (auto dirty = job.shell->dirty_pages()) job.usage.dirty_pages = dirty.value();
  outcome.output.assign(frame.begin(), frame.end());
  if (job.freeze) {
    auto frozen = job.shell->freeze();
    if (!frozen) return settle(job, frozen.error());
    outcome.frozen = frozen.take();
  }
  settle(job, std::move(outcome));
}

// Reports a fresh run's result first, and cleans up afterwards, off the caller's path. Kept state must be in its place
// before the caller can ask for its next run.
void Executor::settle(Job& job, Result<Outcome> outcome) {
  const bool ok = outcome.ok();
  job.usage.wall_ns = now_ns() - job.started_ns;
  if (job.shell != nullptr) job.usage.memory = job.shell->guest_bytes();
  if (ok) outcome.value().usage = job.usage;
  auto shell = std::move(job.shell);  // on_done may destroy the job
  if (job.instance != nullptr) {
    if (shell != nullptr) clean(std::move(shell), job, ok);
    if (job.claimed) job.instance->running = false;
    return job.on_done(job, std::move(outcome));
  }
  job.on_done(job, std::move(outcome));
  if (shell == nullptr) return;
  const std::lock_guard lock(mutex_);
  clean_fresh(std::move(shell));
}

// After a run that keeps its state.
void Executor::clean(std::unique_ptr<Shell> shell, const Job& job, bool ok) {
  const std::lock_guard lock(mutex_);
  Instance& instance = *job.instance;
  instance.keep(nullptr);
  if (ok && !shell->broken()) {
    // Sets home first, then checks: a concurrent drop either sees home and waits for the lock, or is seen here.
    instance.home = this;
    if (instance.drops == job.drops) return keep_idle(std::move(shell), job.instance);
    instance.home = nullptr;
  }
  clean_fresh(std::move(shell));
}

void Executor::clean_fresh(std::unique_ptr<Shell> shell) {
  if (shell->broken() || !shell->reset()) return destroy(std::move(shell));
  keep_idle(std::move(shell), nullptr);
}

void Executor::keep_idle(std::unique_ptr<Shell> shell, std::shared_ptr<Instance> owner) {
  idle_.push_front({std::move(shell), std::move(owner)});
  while (idle_.size() > options_.warm) {
    // Kept state that cannot be frozen stays in its shell, because it must not be lost.
    if (!freeze_owner(idle_.back())) return;
    destroy(take_at(std::prev(idle_.end())).shell);
  }
}

void Executor::destroy(std::unique_ptr<Shell> shell) {
  store_.discard(std::move(shell));
  --live_;
}

void Executor::close() {
  closing_ = true;
  slot_.interrupt_any(Code::kDisposed);
}

std::list<Executor::Idle>::iterator Executor::find_owned(const Instance& instance) {
  return std::find_if(idle_.begin(), idle_.end(), [&](const Idle& i) { return i.owner.get() == &instance; });
}

Status Executor::park_instance(Instance& instance) {
  const std::lock_guard lock(mutex_);
  auto it = find_owned(instance);
  if (it == idle_.end()) return Ok{};
  COLONY_TRY(freeze_owner(*it));
  destroy(take_at(it).shell);
  return Ok{};
}

void Executor::drop_instance(Instance& instance) {
  const std::lock_guard lock(mutex_);
  auto it = find_owned(instance);
  if (it == idle_.end()) return;
  auto shell = take_at(it).shell;
  if (!shell->reset()) return destroy(std::move(shell));
  keep_idle(std::move(shell), nullptr);
}

}  // namespace colony
