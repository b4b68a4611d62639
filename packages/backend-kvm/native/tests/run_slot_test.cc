// Ending runs from other threads: deadlines, cancels, and no interrupt that is lost or hits the wrong run.
#include <csignal>

#include <atomic>
#include <random>
#include <chrono>
#include <thread>

#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("pool");

namespace {

// A guest in `jmp .`, driven by hand.
struct Loop {
  std::unique_ptr<Shell> shell = lab_shell();
  Bytes request = lab(LAB_MISBEHAVE, {LAB_JMP_SELF});

  Code run(RunSlot& slot, const void* token, RunSlot::Deadlines deadlines, Watchdog* watchdog = nullptr) {
    if (shell->broken()) shell = lab_shell();
    REQUIRE(shell->reset().ok());
    REQUIRE(shell->deliver({request}).ok());
    slot.begin(shell->run(), token, deadlines);
    if (watchdog != nullptr) watchdog->expect(std::min(deadlines.wall, deadlines.cpu));
    auto event = shell->resume(slot, {});
    slot.end();
    REQUIRE(!event.ok());
    return event.error().code;
  }
};

}  // namespace

TEST_CASE("deadlines are kept, early and late ones") {
  NEEDS_KVM();
  RunSlot slot;
  Watchdog watchdog;
  watchdog.add(&slot);
  Loop loop;
  for (const uint64_t ms : {0, 1, 5, 20, 60}) {
    const uint64_t started = now_ns();
    CHECK(loop.run(slot, &loop, {started + ms * kMillisecond, kForever}, &watchdog) == Code::kLimitWallTime);
    const uint64_t took = now_ns() - started;
    CHECK(took >= ms * kMillisecond);
    CHECK(took < (ms + 500) * kMillisecond);
  }
  watchdog.remove(&slot);
}

TEST_CASE("a deadline beyond the range of a clock neither fires nor keeps the watchdog busy") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  Limits limits;
  for (const uint64_t far : {uint64_t{1} << 63, UINT64_MAX - 1, UINT64_MAX - now_ns() - 1}) {
    limits.wall_ns = far;
    REQUIRE(runner.call(*shell, lab(LAB_COUNT), limits).ok());
    REQUIRE(shell->reset().ok());
  }
  const uint64_t before = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall = now_ns();
  ::usleep(100'000);
  CHECK(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - before < (now_ns() - wall) / 2);
}

TEST_CASE("a cancel reaches only the run that it names, at any time") {
  NEEDS_KVM();
  RunSlot slot;
  Loop loop;
  std::atomic<int> current{0};
  std::atomic<bool> stop{false};
  int tokens[64];
  // Interrupts old and current tokens; only the current one may end a run.
  std::thread canceller([&] {
    std::mt19937 random(5);
    while (!stop) {
      const int now = current;
      slot.interrupt(&tokens[(now + 63) % 64], Code::kDisposed);
      if (random() % 4 == 0) slot.interrupt(&tokens[now % 64], Code::kAborted);
      if (random() % 8 == 0) std::this_thread::yield();
    }
  });
  for (int i = 0; i < 150; ++i) {
    current = i;
    CHECK(loop.run(slot, &tokens[i % 64], {}) == Code::kAborted);
  }
  stop = true;
  canceller.join();
  CHECK(slot.check(now_ns()) == kForever);
}

TEST_CASE("an interrupt before the entry is not lost, and one after the end is not kept") {
  NEEDS_KVM();
  RunSlot slot;
  auto shell = lab_shell();
  int token;
  for (int i = 0; i < 50; ++i) {
    if (shell->broken()) shell = lab_shell();
    REQUIRE(shell->reset().ok());
    REQUIRE(shell->deliver({lab(LAB_MISBEHAVE, {LAB_JMP_SELF})}).ok());
    slot.begin(shell->run(), &token, {});
    slot.interrupt(&token, Code::kAborted);
    auto event = shell->resume(slot, {});
    slot.interrupt(&token, Code::kDisposed);  // second reason: the first one stays
    CHECK(slot.reason() == Code::kAborted);
    slot.end();
    slot.interrupt(&token, Code::kAborted);
    slot.interrupt_any(Code::kAborted);
    REQUIRE(!event.ok());
    CHECK(event.error().code == Code::kAborted);
  }
  Runner runner;
  auto other = lab_shell();
  for (int i = 0; i < 50; ++i) {
    CHECK(runner.call(*other, lab(LAB_COUNT)).ok());
    REQUIRE(other->reset().ok());
  }
}

TEST_CASE("signals from nowhere do not end a run") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const pthread_t self = ::pthread_self();
  std::atomic<bool> stop{false};
  std::thread noise([&] {
    // Slow enough that the guest gets from its entry to its first instruction.
    while (!stop) ::pthread_kill(self, interrupt_signal()), std::this_thread::sleep_for(std::chrono::microseconds(500));
  });
  for (int i = 0; i < 30; ++i) {
    CHECK(number(runner.call(*shell, lab(LAB_SPIN, {500'000})).take()) == 0);
    CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 8);
    REQUIRE(shell->reset().ok());
  }
  stop = true;
  noise.join();
}

TEST_CASE("a watchdog of many slots, started and stopped at random, ends each run once") {
  NEEDS_KVM();
  Watchdog watchdog;
  std::vector<std::thread> threads;
  std::atomic<int> ended{0};
  lab_snapshot();
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      std::mt19937 random(static_cast<unsigned>(t));
      RunSlot slot;
      watchdog.add(&slot);
      Loop loop;
      for (int i = 0; i < 25; ++i) {
        const bool cpu = random() % 2 == 0;
        const uint64_t in = random() % 3000 * 1000;
        const RunSlot::Deadlines deadlines =
            cpu ? RunSlot::Deadlines{kForever, thread_cpu_ns() + in} : RunSlot::Deadlines{now_ns() + in, kForever};
        const Code code = loop.run(slot, &loop, deadlines, &watchdog);
        if (code == (cpu ? Code::kLimitCpuTime : Code::kLimitWallTime)) ++ended;
      }
      watchdog.remove(&slot);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(ended == 75);
}

TEST_SUITE_END();
