// Shells with a real guest: calls, frames that do not fit, growth, kept state, snapshots.
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include "base/abi.generated.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("shell");

namespace {

constexpr uint64_t kPages = 4096;

Limits memory_limit(uint64_t bytes) {
  Limits limits;
  limits.memory = bytes;
  limits.wall_ns = 5000 * kMillisecond;
  return limits;
}

uint64_t heap_base() { return lab_snapshot()->layout->heap_base; }

}  // namespace

TEST_CASE("a call is answered, and the next one starts from the same state") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  for (int i = 0; i < 100; ++i) {
    auto reply = runner.call(*shell, lab(LAB_COUNT));
    REQUIRE_MESSAGE(reply.ok(), (reply.ok() ? "" : reply.error().message));
    CHECK(number(reply.value()) == 8);
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("machines are made while signals arrive") {
  NEEDS_KVM();
  lab_snapshot();
  struct sigaction counts{}, before{};
  static std::atomic<int> signals;
  counts.sa_handler = [](int) { ++signals; };
  REQUIRE(::sigaction(SIGALRM, &counts, &before) == 0);
  const pthread_t self = ::pthread_self();
  std::atomic<bool> stop{false};
  std::thread noise([&] {
    while (!stop) ::pthread_kill(self, SIGALRM), std::this_thread::sleep_for(std::chrono::microseconds(20));
  });
  for (int i = 0; i < 100; ++i) {
    auto shell = Shell::create(kvm(), 4 << 20);
    CHECK_MESSAGE(shell.ok(), (shell.ok() ? "" : shell.error().message));
  }
  stop = true;
  noise.join();
  CHECK(signals > 0);
  REQUIRE(::sigaction(SIGALRM, &before, nullptr) == 0);
}

TEST_CASE("without a reset the state is kept, and a snapshot of it starts others") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  for (uint64_t i = 8; i < 12; ++i) CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == i);
  auto frozen = shell->freeze();
  REQUIRE(frozen.ok());
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 12);
  auto other = new_shell();
  REQUIRE(other->bind(frozen.value()).ok());
  CHECK(number(runner.call(*other, lab(LAB_COUNT)).take()) == 12);
  // A snapshot after a call from a snapshot, in a shell that held another state before.
  auto second = other->freeze();
  REQUIRE(second.ok());
  REQUIRE(shell->reset().ok());
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 8);
  REQUIRE(shell->bind(second.value()).ok());
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 13);
  REQUIRE(shell->reset().ok());
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 13);
}

TEST_CASE("echo at every size around pages and the buffer") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  for (const size_t size : {8, 9, 4095, 4096, 4097, 65535, 65536}) {
    Bytes request = lab(LAB_ECHO);
    while (request.size() < size) request.push_back(static_cast<uint8_t>(request.size() * 7));
    auto reply = runner.call(*shell, request);
    REQUIRE(reply.ok());
    CHECK(reply.value() == request);
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("a request of several segments arrives whole") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const Bytes request = lab(LAB_ECHO, {1, 2, 3}, "text");
  const std::span<const uint8_t> all(request);
  REQUIRE(shell->deliver({all.first(3), {}, all.subspan(3, 10), all.subspan(13)}).ok());
  auto reply = runner.resume(*shell);
  REQUIRE(reply.ok());
  CHECK(reply.value() == request);
}

TEST_CASE("a frame that does not fit is fetched") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  REQUIRE(runner.call(*shell, lab(LAB_SHORT_BUFFER)).ok());  // kept: the next request gets a buffer of 16 bytes
  const Bytes request = lab(LAB_ECHO, {}, std::string(5000, 'x'));
  auto reply = runner.call(*shell, request);
  REQUIRE(reply.ok());
  CHECK(reply.value() == request);
  // A reply to a CALL.
  const auto answer = [](auto) { return std::optional(Bytes(3000, 0x5a)); };
  auto called = runner.call(*shell, lab(LAB_CALL, {100, 4000}), {}, answer);
  REQUIRE(called.ok());
  CHECK(called.value() == Bytes(3000, 0x5a));
}

TEST_CASE("FETCH is refused when nothing waits, twice, into too small a buffer, and after another call") {
  NEEDS_KVM();
  Runner runner;
  const auto answer = [](auto) { return std::optional(Bytes(3000, 1)); };
  for (const Bytes& request : {lab(LAB_FETCH), lab(LAB_CALL, {100, 2999}), lab(LAB_CALL_THEN_FETCH)}) {
    auto shell = lab_shell();
    auto reply = runner.call(*shell, request, {}, answer);
    REQUIRE(!reply.ok());
    CHECK(reply.error().code == Code::kGuestProtocol);
    CHECK(!shell->broken());
    REQUIRE(shell->reset().ok());
    CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 8);
  }
}

TEST_CASE("the heap grows only to the limit; new pages are zero; a reset removes them") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const uint64_t fixed = shell->bound()->layout->fixed_bytes, start = shell->bound()->heap_size;
  for (int round = 0; round < 6; ++round) {
    const Limits limits = memory_limit(fixed + start + 64 * kPages);
    CHECK(number(runner.call(*shell, lab(LAB_READ, {heap_base() + start - 1}), limits).take()) == 0);
    CHECK(number(runner.call(*shell, lab(LAB_GROW, {start + 64 * kPages}), limits).take()) == 0);
    CHECK(shell->guest_bytes() == fixed + start + 64 * kPages);
    for (uint64_t page = 0; page < 64; ++page) {
      CHECK(number(runner.call(*shell, lab(LAB_READ, {heap_base() + start + page * kPages + 17}), limits).take()) == 0);
    }
    CHECK(runner.call(*shell, lab(LAB_FILL, {heap_base(), start + 64 * kPages}), limits).ok());
    CHECK(number(runner.call(*shell, lab(LAB_READ, {heap_base() + start + 63 * kPages}), limits).take()) == 0xee);
    auto more = runner.call(*shell, lab(LAB_GROW, {start + 65 * kPages}), limits);
    REQUIRE(!more.ok());
    CHECK(more.error().code == Code::kLimitMemory);
    REQUIRE(shell->reset().ok());
    auto gone = runner.call(*shell, lab(LAB_READ, {heap_base() + start}), limits);
    REQUIRE(!gone.ok());
    CHECK(gone.error().code == Code::kGuestFault);
    CHECK(gone.error().fault->kind == Fault::Kind::kOutOfBounds);
    if (shell->broken()) shell = lab_shell();
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("the arena bounds the heap if the limit does not") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell(4 << 20);
  auto reply = runner.call(*shell, lab(LAB_GROW, {8 << 20}), memory_limit(kForever));
  REQUIRE(!reply.ok());
  CHECK(reply.error().code == Code::kLimitMemory);
  // There are no memory slots beyond the arena.
  REQUIRE(shell->reset().ok());
  auto beyond = runner.call(*shell, lab(LAB_READ, {heap_base() + (64 << 20)}));
  REQUIRE(!beyond.ok());
  CHECK(beyond.error().code == Code::kGuestFault);
}

TEST_CASE("GROW refuses an invalid size") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const uint64_t start = shell->bound()->heap_size, reserve = shell->bound()->layout->heap_reserve;
  for (const uint64_t size :
       {uint64_t{0}, start - kPages, start + 1, reserve + kPages, UINT64_MAX, UINT64_MAX - 4095, uint64_t{1} << 63}) {
    auto reply = runner.call(*shell, lab(LAB_GROW, {size}));
    REQUIRE(!reply.ok());
    CHECK(reply.error().code == (page_aligned(size) && size > start ? Code::kLimitMemory : Code::kGuestProtocol));
    REQUIRE(shell->reset().ok());
  }
  CHECK(number(runner.call(*shell, lab(LAB_GROW, {start})).take()) == 0);
}

TEST_CASE("a grown heap is part of a snapshot, and its parent's is not changed by it") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const uint64_t start = shell->bound()->heap_size, grown = start + 300 * kPages;
  REQUIRE(runner.call(*shell, lab(LAB_GROW, {grown})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_FILL, {heap_base() + start, 300 * kPages})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_WRITE, {heap_base() + 5, 0x77})).ok());
  auto frozen = shell->freeze();
  REQUIRE(frozen.ok());
  CHECK(frozen.value()->heap_size == grown);
  auto other = new_shell();
  REQUIRE(other->bind(frozen.value()).ok());
  for (int i = 0; i < 3; ++i) {
    CHECK(number(runner.call(*other, lab(LAB_READ, {heap_base() + 5})).take()) == 0x77);
    CHECK(number(runner.call(*other, lab(LAB_READ, {heap_base() + grown - kPages})).take()) == 0xee);
    REQUIRE(runner.call(*other, lab(LAB_FILL, {heap_base() + 1, grown - 1})).ok());
    REQUIRE(other->reset().ok());
  }
  // From the larger to the smaller state: the difference becomes inaccessible instead of remaining.
  REQUIRE(other->bind(lab_snapshot()).ok());
  CHECK(number(runner.call(*other, lab(LAB_READ, {heap_base() + 5})).take()) == 0);
  CHECK(!runner.call(*other, lab(LAB_READ, {heap_base() + start})).ok());
}

TEST_CASE("a snapshot of many pages has its own file, with the same content") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell(64 << 20);
  const uint64_t start = shell->bound()->heap_size, grown = start + (8 << 20);
  REQUIRE(runner.call(*shell, lab(LAB_GROW, {grown})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_FILL, {heap_base() + start, 8 << 20})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_COUNT)).ok());
  auto frozen = shell->freeze();
  REQUIRE(frozen.ok());
  CHECK(frozen.value()->memory->delta().empty());
  auto other = new_shell(64 << 20);
  REQUIRE(other->bind(frozen.value()).ok());
  CHECK(number(runner.call(*other, lab(LAB_COUNT)).take()) == 9);
  CHECK(number(runner.call(*other, lab(LAB_READ, {heap_base() + grown - kPages})).take()) == 0xee);
  CHECK(number(runner.call(*other, lab(LAB_READ, {heap_base() + grown - 1})).take()) == 0);
}

TEST_CASE("limits of requests and results are applied") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  Limits limits;
  limits.output = 100;
  auto reply = runner.call(*shell, lab(LAB_ECHO, {}, std::string(93, 'x')), limits);
  REQUIRE(!reply.ok());
  CHECK(reply.error().code == Code::kLimitOutput);
  REQUIRE(shell->reset().ok());
  CHECK(runner.call(*shell, lab(LAB_ECHO, {}, std::string(92, 'x')), limits).ok());
  REQUIRE(shell->reset().ok());
  auto called = runner.call(*shell, lab(LAB_CALL, {10, 10}, std::string(200, 'x')), limits);
  REQUIRE(!called.ok());
  CHECK(called.error().code == Code::kLimitOutput);
}

TEST_CASE("ABORT passes the guest's message, up to its limit") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  auto reply = runner.call(*shell, lab(LAB_ABORT, {kTrapBounds}, "out of bounds"));
  REQUIRE(!reply.ok());
  CHECK(reply.error().code == Code::kGuestTrap);
  CHECK(reply.error().trap == kTrapBounds);
  CHECK(reply.error().message.find("out of bounds") != std::string::npos);
  REQUIRE(shell->reset().ok());
  reply = runner.call(*shell, lab(LAB_ABORT, {UINT64_MAX}, std::string(60000, 'x')));
  REQUIRE(!reply.ok());
  CHECK(reply.error().message.size() <= 4096);
}

TEST_CASE("hostile hypercall registers end the run, and never the host") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const Layout& layout = *lab_snapshot()->layout;
  const uint64_t text = 0x400000, buffer = lab_symbol("colony_main");
  const uint64_t edges[] = {0,
                            1,
                            text,
                            buffer,
                            layout.stack_top - 1,
                            layout.stack_top,
                            layout.system_address,
                            layout.heap_base - 1,
                            layout.heap_base,
                            layout.heap_base + 0x40000 - 1,
                            layout.heap_base + 0x40000,
                            uint64_t{1} << 47,
                            uint64_t{1} << 63,
                            UINT64_MAX - 4095,
                            UINT64_MAX};
  const auto silent = [](auto) { return std::optional(Bytes(64, 1)); };
  int runs = 0;
  for (const uint64_t op : {uint64_t{0}, kOpNext, kOpCall, kOpFetch, kOpGrow, kOpAbort, uint64_t{6}, UINT64_MAX}) {
    for (const uint64_t in : edges) {
      for (const uint64_t length : {uint64_t{0}, uint64_t{1}, uint64_t{0x40001}, UINT64_MAX, UINT64_MAX - in + 2}) {
        auto reply = runner.call(*shell, lab(LAB_RAW, {op, in, length, edges[runs % 15], length, 0}),
                                 memory_limit(1 << 30), silent);
        if (!reply)
          CHECK((reply.error().code == Code::kGuestProtocol || reply.error().code == Code::kGuestFault ||
                 reply.error().code == Code::kGuestTrap || reply.error().code == Code::kLimitMemory));
        if (shell->broken()) shell = lab_shell();
        REQUIRE(shell->reset().ok());
        ++runs;
      }
    }
  }
  // A reply to memory that the guest may not write.
  for (const uint64_t out :
       {text, layout.system_address, layout.stack_top, layout.heap_base + 0x40000 - 63, uint64_t{0}, UINT64_MAX - 31}) {
    auto reply = runner.call(*shell, lab(LAB_RAW, {kOpCall, 0, 0, out, 64, 0}), {}, silent);
    REQUIRE(!reply.ok());
    CHECK(reply.error().code == Code::kGuestProtocol);
    REQUIRE(shell->reset().ok());
  }
  CHECK(number(runner.call(*shell, lab(LAB_COUNT)).take()) == 8);
}

TEST_CASE("a snapshot that is too large for a shell is refused") {
  NEEDS_KVM();
  auto shell = new_shell(1 << 20);
  CHECK(!shell->bind(lab_snapshot()).ok());
}

TEST_SUITE_END();
