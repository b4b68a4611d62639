// Run threads, executors and the hypervisor: many jobs, parked ones, cancels in every state, moving kept state, the
// end.
#include <atomic>
#include <fcntl.h>

#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "pool/hypervisor.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("pool");

namespace {

HypervisorOptions options(uint32_t threads = 2, uint32_t warm = 2, uint32_t shells = 256) {
  HypervisorOptions o;
  o.threads = threads, o.warm = warm, o.shells = shells, o.spares = 1, o.spin_us = 20;
  return o;
}

std::unique_ptr<Hypervisor> hypervisor(HypervisorOptions o = options()) {
  auto made = Hypervisor::create(o);
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
  return made.take();
}

// A job with its bytes, and a way to wait for it.
struct Call : std::enable_shared_from_this<Call> {
  Job job;
  Bytes input;
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<int> done{0};   // times on_done was called
  std::atomic<int> calls{0};  // times on_call was called
  std::optional<Code> error;
  std::string message;
  Bytes output;
  std::shared_ptr<const Snapshot> frozen;

  std::shared_ptr<Job> shared() { return {shared_from_this(), &job}; }
  bool wait_done() {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return done > 0; });
  }
  bool wait_call(int n = 1) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return calls >= n || done > 0; });
  }
};

std::shared_ptr<Call> make_call(Bytes request, std::shared_ptr<Instance> instance = nullptr) {
  auto call = std::make_shared<Call>();
  call->input = std::move(request);
  call->job.input = {call->input};
  call->job.snapshot = instance ? nullptr : lab_snapshot();
  call->job.instance = std::move(instance);
  call->job.limits.memory = 8 << 20;
  call->job.limits.wall_ns = 15'000 * kMillisecond;
  Call* c = call.get();
  call->job.on_call = [c](Job&, std::span<const uint8_t>) -> std::optional<Segments> {
    const std::lock_guard lock(c->mutex);
    ++c->calls;
    c->changed.notify_all();
    return std::nullopt;
  };
  call->job.on_done = [c](Job&, Result<Outcome> outcome) {
    const auto held = c->shared_from_this();
    const std::lock_guard lock(c->mutex);
    ++c->done;
    if (outcome.ok()) {
      c->output = std::move(outcome.value().output), c->frozen = outcome.value().frozen;
    } else {
      c->error = outcome.error().code, c->message = outcome.error().message;
    }
    c->changed.notify_all();
  };
  return call;
}

std::shared_ptr<Instance> make_instance() {
  auto instance = std::make_shared<Instance>();
  instance->start = lab_snapshot();
  return instance;
}

uint64_t count_on(Hypervisor& h, const std::shared_ptr<Instance>& instance) {
  auto call = make_call(lab(LAB_COUNT), instance);
  h.run(call->shared());
  REQUIRE(call->wait_done());
  REQUIRE_MESSAGE(!call->error, call->message);
  return number(call->output);
}

uint64_t count_here(Hypervisor& h, const std::shared_ptr<Instance>& instance = nullptr) {
  auto call = make_call(lab(LAB_COUNT), instance);
  h.run_sync(call->job);
  REQUIRE(call->done == 1);
  REQUIRE_MESSAGE(!call->error, call->message);
  return number(call->output);
}

}  // namespace

TEST_CASE("size classes hold the requested sizes and are few") {
  std::vector<uint64_t> sizes;
  for (uint64_t bytes = 0; bytes < (uint64_t{5} << 30); bytes += bytes / 97 + 4093) {
    const uint64_t size = size_class(bytes);
    REQUIRE(size >= bytes);
    REQUIRE(size % kPageSize == 0);
    REQUIRE((bytes < (1 << 20) || size <= bytes + bytes / 4 + kPageSize));
    REQUIRE(size_class(size) == size);
    if (sizes.empty() || sizes.back() != size) sizes.push_back(size);
  }
  CHECK(sizes.size() < 64);
}

TEST_CASE("many jobs on few threads are all answered, once, each from the same state") {
  NEEDS_KVM();
  auto h = hypervisor();
  std::vector<std::shared_ptr<Call>> calls;
  for (int i = 0; i < 300; ++i) {
    calls.push_back(make_call(lab(LAB_COUNT)));
    h->run(calls.back()->shared());
    if (i % 10 == 0) CHECK(count_here(*h) == 8);
  }
  for (auto& call : calls) {
    REQUIRE(call->wait_done());
    CHECK_MESSAGE(!call->error, call->message);
    CHECK(number(call->output) == 8);
  }
  h.reset();
  for (auto& call : calls) CHECK(call->done == 1);
}

TEST_CASE("parked jobs hold no thread and are answered in any order") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 2, 64));
  std::vector<std::shared_ptr<Call>> calls;
  for (int i = 0; i < 24; ++i) {
    calls.push_back(make_call(lab(LAB_CALL, {1000, 1000}, std::to_string(i))));
    h->run(calls.back()->shared());
  }
  for (auto& call : calls) REQUIRE(call->wait_call());
  CHECK(h->stats().shells_live >= 24);
  CHECK(count_here(*h) == 8);
  std::mt19937 random(3);
  std::vector<size_t> order(calls.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), random);
  for (const size_t i : order) h->answer(calls[i]->shared(), Bytes(i + 1, static_cast<uint8_t>(i)));
  for (size_t i = 0; i < calls.size(); ++i) {
    REQUIRE(calls[i]->wait_done());
    CHECK(calls[i]->output == Bytes(i + 1, static_cast<uint8_t>(i)));
  }
}

TEST_CASE("jobs wait for a shell when all are taken, and get it") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 1, 2));
  auto a = make_call(lab(LAB_CALL, {100, 100})), b = make_call(lab(LAB_CALL, {100, 100}));
  h->run(a->shared());
  h->run(b->shared());
  REQUIRE(a->wait_call());
  REQUIRE(b->wait_call());
  std::vector<std::shared_ptr<Call>> waiting;
  for (int i = 0; i < 5; ++i) {
    waiting.push_back(make_call(lab(LAB_COUNT)));
    h->run(waiting.back()->shared());
  }
  ::usleep(20'000);
  for (auto& w : waiting) CHECK(w->done == 0);
  h->cancel(waiting[2]->shared(), Code::kAborted);
  REQUIRE(waiting[2]->wait_done());
  CHECK(waiting[2]->error == Code::kAborted);
  h->cancel(a->shared(), Code::kLimitWallTime);
  REQUIRE(a->wait_done());
  CHECK(a->error == Code::kLimitWallTime);
  for (int i : {0, 1, 3, 4}) {
    REQUIRE(waiting[static_cast<size_t>(i)]->wait_done());
    CHECK_MESSAGE(!waiting[static_cast<size_t>(i)]->error, waiting[static_cast<size_t>(i)]->message);
  }
  h->answer(b->shared(), Bytes(3, 1));
  REQUIRE(b->wait_done());
  CHECK(b->output == Bytes(3, 1));
}

TEST_CASE("a limit of no shells means one shell") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 0, 0));
  CHECK(count_here(*h) == 8);
  CHECK(count_on(*h, nullptr) == 8);
  CHECK(count_on(*h, make_instance()) == 8);
}

TEST_CASE("a cancel in each state ends the job once, with its reason") {
  NEEDS_KVM();
  auto h = hypervisor(options(1));
  // Queued behind a loop; running; parked; over.
  auto loop = make_call(lab(LAB_MISBEHAVE, {LAB_JMP_SELF}));
  h->run(loop->shared());
  auto queued = make_call(lab(LAB_COUNT));
  h->run(queued->shared());
  h->cancel(queued->shared(), Code::kAborted);
  ::usleep(5000);
  h->cancel(loop->shared(), Code::kDisposed);
  h->cancel(loop->shared(), Code::kAborted);
  REQUIRE(loop->wait_done());
  CHECK(loop->error == Code::kDisposed);
  REQUIRE(queued->wait_done());
  CHECK(queued->error == Code::kAborted);
  auto parked = make_call(lab(LAB_CALL, {100, 100}));
  h->run(parked->shared());
  REQUIRE(parked->wait_call());
  h->cancel(parked->shared(), Code::kAborted);
  h->answer(parked->shared(), Bytes(3, 1));
  REQUIRE(parked->wait_done());
  CHECK(parked->error == Code::kAborted);
  auto over = make_call(lab(LAB_COUNT));
  h->run(over->shared());
  REQUIRE(over->wait_done());
  h->cancel(over->shared(), Code::kAborted);
  h->answer(over->shared(), Bytes(3, 1));
  CHECK(count_on(*h, nullptr) == 8);
  h.reset();
  for (auto& call : {loop, queued, parked, over}) CHECK(call->done == 1);
}

TEST_CASE("cancels at random moments: each job is settled once, and the threads live on") {
  NEEDS_KVM();
  auto h = hypervisor();
  std::mt19937 random(11);
  std::vector<std::shared_ptr<Call>> calls;
  for (int i = 0; i < 120; ++i) {
    const Bytes request = i % 3 == 0   ? lab(LAB_SPIN, {random() % 400'000})
                          : i % 3 == 1 ? lab(LAB_CALLS, {3})
                                       : lab(LAB_MISBEHAVE, {LAB_SPIN_THEN_FAULT, random() % 300'000});
    auto call = make_call(request);
    calls.push_back(call);
    h->run(call->shared());
    if (random() % 2) ::usleep(random() % 300);
    if (random() % 2) h->cancel(call->shared(), Code::kAborted);
    for (int n = 0; n < 3; ++n) h->answer(calls[random() % calls.size()]->shared(), Bytes(4, 2));
  }
  for (auto& call : calls) {
    h->cancel(call->shared(), Code::kAborted);
    REQUIRE(call->wait_done());
  }
  for (int i = 0; i < 10; ++i) CHECK(count_on(*h, nullptr) == 8);
  h.reset();
  for (auto& call : calls) CHECK(call->done == 1);
}

TEST_CASE("kept state moves between threads and the caller's thread, and survives eviction") {
  NEEDS_KVM();
  auto h = hypervisor(options(2, 1));
  std::vector<std::shared_ptr<Instance>> instances;
  for (int i = 0; i < 5; ++i) instances.push_back(make_instance());
  std::mt19937 random(17);
  std::vector<uint64_t> expected(instances.size(), 7);
  for (int i = 0; i < 120; ++i) {
    const size_t which = random() % instances.size();
    const uint64_t got = random() % 2 ? count_on(*h, instances[which]) : count_here(*h, instances[which]);
    REQUIRE(got == ++expected[which]);
    if (random() % 10 == 0) CHECK(count_on(*h, nullptr) == 8);
    if (random() % 15 == 0) {
      h->drop(*instances[which]);
      expected[which] = 7;
    }
    if (random() % 10 == 0) {
      auto frozen = h->freeze(*instances[which]);
      REQUIRE(frozen.ok());
      CHECK((frozen.value() != nullptr) == (expected[which] != 7));
    }
  }
}

TEST_CASE("what a failing run with kept state wrote is gone from the shell that it leaves") {
  NEEDS_KVM();
  auto h = hypervisor();
  auto ask = [&](Bytes request, std::shared_ptr<Instance> instance) {
    auto call = make_call(std::move(request), std::move(instance));
    h->run_sync(call->job);
    return call;
  };
  const uint64_t heap = number(ask(lab(LAB_HEAP), nullptr)->output);
  for (const uint64_t place : {heap, heap + 7 * kPageSize}) {
    for (int runs = 0; runs < 3; ++runs) {
      CAPTURE(place);
      CAPTURE(runs);
      auto instance = make_instance();
      for (int i = 0; i < runs; ++i) CHECK(count_here(*h, instance) == 8 + static_cast<uint64_t>(i));
      CHECK(ask(lab(LAB_WRITE_THEN_ABORT, {place, 0x5e}), instance)->error == Code::kGuestTrap);
      CHECK(number(ask(lab(LAB_READ, {place}), nullptr)->output) == 0);
    }
  }
}

TEST_CASE("kept state in a shell too small for the next call's limit moves to a larger one") {
  NEEDS_KVM();
  auto h = hypervisor();
  auto instance = make_instance();
  CHECK(count_here(*h, instance) == 8);
  auto call = make_call(lab(LAB_GROW, {24 << 20}), instance);
  call->job.limits.memory = 32 << 20;
  h->run_sync(call->job);
  CHECK_MESSAGE(!call->error, call->message);
  call = make_call(lab(LAB_COUNT), instance);
  call->job.limits.memory = 32 << 20;
  h->run_sync(call->job);
  CHECK(number(call->output) == 9);
  // A limit below the size of the kept state.
  call = make_call(lab(LAB_COUNT), instance);
  h->run_sync(call->job);
  CHECK(call->error == Code::kLimitMemory);
}

TEST_CASE("an instance has one run at a time, and a second one does not see it") {
  NEEDS_KVM();
  auto h = hypervisor();
  auto instance = make_instance();
  auto first = make_call(lab(LAB_CALL, {100, 100}), instance);
  h->run(first->shared());
  REQUIRE(first->wait_call());
  auto second = make_call(lab(LAB_COUNT), instance);
  h->run(second->shared());
  REQUIRE(second->wait_done());
  CHECK(second->error == Code::kBadOption);
  auto here = make_call(lab(LAB_COUNT), instance);
  h->run_sync(here->job);
  CHECK(here->error == Code::kBadOption);
  CHECK(!h->freeze(*instance).ok());
  h->answer(first->shared(), Bytes(2, 9));
  REQUIRE(first->wait_done());
  CHECK(!first->error);
  CHECK(count_on(*h, instance) == 8);
  CHECK(count_on(*h, instance) == 9);
}

TEST_CASE("a drop during a run leaves no state of that run") {
  NEEDS_KVM();
  auto h = hypervisor();
  for (int i = 0; i < 40; ++i) {
    auto instance = make_instance();
    CHECK(count_on(*h, instance) == 8);
    auto call = make_call(lab(LAB_COUNT), instance);
    h->run(call->shared());
    if (i % 2) ::usleep(static_cast<useconds_t>(i * 3));
    const bool before = call->done == 0;
    h->drop(*instance);
    REQUIRE(call->wait_done());
    if (!before) continue;
    CHECK(instance->home == nullptr);
    CHECK(instance->kept() == nullptr);
    if (!call->error) CHECK(count_on(*h, instance) == 8);
  }
}

TEST_CASE("instances dropped while queued, running and parked") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 2));
  std::vector<std::shared_ptr<Call>> calls;
  for (int i = 0; i < 20; ++i) {
    auto instance = make_instance();
    auto call = make_call(i % 2 ? lab(LAB_CALL, {10, 10}) : lab(LAB_COUNT), instance);
    calls.push_back(call);
    h->run(call->shared());
    if (i % 3 == 0) h->drop(*instance);
    if (i % 4 == 0) call->job.instance.get();
    instance = nullptr;  // the job alone holds it
  }
  for (auto& call : calls) {
    REQUIRE(call->wait_call());
    h->cancel(call->shared(), Code::kDisposed);
    REQUIRE(call->wait_done());
  }
}

TEST_CASE("invalid jobs are refused") {
  NEEDS_KVM();
  auto h = hypervisor();
  auto image = make_call(lab(LAB_COUNT));
  image->job.snapshot = lab_image();
  h->run_sync(image->job);
  CHECK(image->error == Code::kBadOption);
  auto boot = make_call(lab(LAB_COUNT));
  boot->job.boot = true;
  h->run_sync(boot->job);
  CHECK(boot->error == Code::kBadOption);
  auto instance = make_call(lab(LAB_COUNT), make_instance());
  instance->job.boot = true;
  h->run_sync(instance->job);
  CHECK(instance->error == Code::kBadOption);
  auto nothing = make_call(lab(LAB_COUNT));
  nothing->job.snapshot = nullptr;
  h->run_sync(nothing->job);
  CHECK(nothing->error == Code::kBadOption);
  CHECK(count_here(*h) == 8);
}

TEST_CASE("a boot returns a snapshot that calls start from, also in other hypervisors") {
  NEEDS_KVM();
  auto h = hypervisor();
  auto boot = make_call({});
  boot->job.snapshot = lab_image(), boot->job.boot = true, boot->job.freeze = true, boot->job.input.clear();
  h->run(boot->shared());
  REQUIRE(boot->wait_done());
  REQUIRE_MESSAGE(!boot->error, boot->message);
  REQUIRE(boot->frozen);
  h = hypervisor();
  auto call = make_call(lab(LAB_COUNT));
  call->job.snapshot = boot->frozen;
  h->run(call->shared());
  REQUIRE(call->wait_done());
  CHECK(number(call->output) == 8);
}

TEST_CASE("calls inside calls, to the end of the shells") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 1, 4));
  int depth = 0, refused = 0;
  std::function<std::optional<Segments>(Job&, std::span<const uint8_t>)> nested =
      [&](Job& job, std::span<const uint8_t>) -> std::optional<Segments> {
    ++depth;
    auto inner = make_call(lab(LAB_CALL, {100, 100}));
    inner->job.on_call = nested;
    h->run_sync(inner->job);
    CHECK(inner->done == 1);
    refused += inner->error.has_value();
    job.reply = Bytes(5, 5);
    return Segments{job.reply};
  };
  auto outer = make_call(lab(LAB_CALL, {100, 100}));
  outer->job.on_call = nested;
  h->run_sync(outer->job);
  CHECK_MESSAGE(!outer->error, outer->message);
  CHECK(outer->output == Bytes(5, 5));
  CHECK(depth == 4);
  CHECK(refused == 1);
  CHECK(count_here(*h) == 8);
}

TEST_CASE("the end ends running, parked, waiting and queued jobs, once each") {
  NEEDS_KVM();
  for (int round = 0; round < 4; ++round) {
    auto h = hypervisor(options(2, 1, 3));
    std::vector<std::shared_ptr<Call>> calls;
    std::vector<std::shared_ptr<Instance>> instances;
    for (int i = 0; i < 24; ++i) {
      instances.push_back(make_instance());
      const Bytes request = i % 3 == 0 ? lab(LAB_MISBEHAVE, {LAB_JMP_SELF}) : lab(LAB_CALL, {10, 10});
      calls.push_back(make_call(request, i % 2 ? instances.back() : nullptr));
      h->run(calls.back()->shared());
    }
    ::usleep(static_cast<useconds_t>(round * 3000));
    const uint64_t started = now_ns();
    h.reset();
    CHECK(now_ns() - started < 3000 * kMillisecond);
    for (auto& call : calls) {
      CHECK(call->done == 1);
      CHECK(call->error == Code::kDisposed);
    }
    for (auto& instance : instances) CHECK(instance->home == nullptr);
  }
}

TEST_CASE("a hypervisor that is closed from inside a call ends the outer calls when they continue") {
  NEEDS_KVM();
  auto h = hypervisor(options(1, 1, 8));
  auto asynchronous = make_call(lab(LAB_MISBEHAVE, {LAB_JMP_SELF}));
  h->run(asynchronous->shared());
  auto inner = make_call(lab(LAB_CALL, {100, 100})), outer = make_call(lab(LAB_CALL, {100, 100}));
  const auto reply = [](Job& job) {
    job.reply = Bytes(5, 5);
    return Segments{job.reply};
  };
  inner->job.on_call = [&](Job& job, std::span<const uint8_t>) -> std::optional<Segments> {
    h->close();
    CHECK(asynchronous->error == Code::kDisposed);
    return reply(job);
  };
  outer->job.on_call = [&](Job& job, std::span<const uint8_t>) -> std::optional<Segments> {
    h->run_sync(inner->job);
    return reply(job);
  };
  h->run_sync(outer->job);
  for (auto& call : {asynchronous, inner, outer}) {
    CHECK(call->done == 1);
    CHECK(call->error == Code::kDisposed);
  }
}

TEST_CASE("threads that ask each other for instances while the end comes") {
  NEEDS_KVM();
  for (int round = 0; round < 6; ++round) {
    auto h = hypervisor(options(3, 2));
    std::vector<std::shared_ptr<Instance>> instances;
    for (int i = 0; i < 6; ++i) instances.push_back(make_instance());
    std::vector<std::shared_ptr<Call>> calls;
    for (int i = 0; i < 60; ++i) {
      calls.push_back(make_call(lab(LAB_COUNT), instances[static_cast<size_t>(i) % instances.size()]));
      h->run(calls.back()->shared());
    }
    ::usleep(static_cast<useconds_t>(round * 1500));
    h.reset();
    for (auto& call : calls) CHECK(call->done == 1);
  }
}

TEST_CASE("shells and descriptors go away with their hypervisor") {
  NEEDS_KVM();
  const auto descriptors = [] {
    int n = 0;
    for (int fd = 0; fd < 1024; ++fd) n += ::fcntl(fd, F_GETFD) != -1;
    return n;
  };
  lab_snapshot();
  const int before = descriptors();
  for (int i = 0; i < 3; ++i) {
    auto h = hypervisor();
    for (int n = 0; n < 8; ++n) CHECK(count_on(*h, make_instance()) == 8);
    CHECK(h->stats().shells_created >= h->stats().shells_live);
  }
  CHECK(descriptors() == before);
}

TEST_SUITE_END();
