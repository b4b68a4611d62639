// A call must not see leftovers of the previous one: registers of every kind, memory, and operations that KVM left
// pending.
#include <cpuid.h>
#include <sys/wait.h>

#include <cstring>
#include <string>

#include "base/abi.generated.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("isolation");

namespace {

bool host_has(unsigned leaf, unsigned reg, unsigned bit) {
  unsigned r[4] = {};
  return __get_cpuid_count(leaf, 0, &r[0], &r[1], &r[2], &r[3]) != 0 && (r[reg] >> bit & 1) != 0;
}
bool has_avx512bw() { return host_has(7, 1, 30) && (kvm().xcr0() & 0xe0) == 0xe0; }
bool has_amx() { return host_has(7, 3, 24); }

// A snapshot whose guest is only the given code at the given text page, waiting in NEXT at its start.
std::shared_ptr<const Snapshot> tiny(uint64_t text, const Bytes& code, uint64_t entry, uint64_t resume, bool booted) {
  static std::vector<std::unique_ptr<Bytes>> alive;
  alive.push_back(std::make_unique<Bytes>(code));
  Image image;
  image.request.segments = {{text, kPageSize, Prot::kReadExecute}};
  image.request.stack_size = 0x4000, image.request.entry = entry, image.request.resume = resume;
  image.loads = {{text, *alive.back()}};
  auto made = snapshot_of_image(image);
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
  auto out = std::make_shared<Snapshot>(*made.value());
  out->booted = booted;
  if (booted) out->regs.rax = kOpNext;
  return out;
}

}  // namespace

TEST_CASE("registers of a call are invisible to the next") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  // The second call: after a boot the CPU's record of used components (XINUSE) differs.
  REQUIRE(runner.call(*shell, lab(LAB_OBSERVE)).ok());
  REQUIRE(shell->reset().ok());
  auto clean = runner.call(*shell, lab(LAB_OBSERVE));
  REQUIRE(clean.ok());
  REQUIRE(shell->reset().ok());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(runner.call(*shell, lab(LAB_PLANT, {has_avx512bw()})).ok());
    REQUIRE(shell->reset().ok());
    auto seen = runner.call(*shell, lab(LAB_OBSERVE));
    REQUIRE(seen.ok());
    REQUIRE(seen.value().size() == clean.value().size());
    for (size_t at = 0; at < seen.value().size(); ++at) {
      // XSTATE_BV is the CPU's own record of used components; only the content matters.
      if (at == 192 + 512) continue;
      if (seen.value()[at] != clean.value()[at])
        FAIL_CHECK("byte " << at << " of the CPU's state differs: " << int(seen.value()[at]) << ", was "
                           << int(clean.value()[at]));
    }
    const std::string text(seen.value().begin(), seen.value().end());
    CHECK(text.find("\xc4\x5e\xe7\xc4") == std::string::npos);
    CHECK(text.find("\xe7\xc4\x5e") == std::string::npos);
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("registers of a call are invisible to another program's first instruction") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  REQUIRE(runner.call(*shell, lab(LAB_PLANT, {has_avx512bw()})).ok());
  // movq %xmm5, %rax; vmovd %xmm15 ...: returns the low halves of two vector registers and FS base as a frame.
  const Bytes code = {0x66, 0x48, 0x0f, 0x7e, 0xe8,                // movq %xmm5, %rax
                      0x50,                                        // push %rax
                      0x66, 0x4c, 0x0f, 0x7e, 0xf8,                // movq %xmm15, %rax
                      0x50,                                        // push %rax
                      0xf3, 0x48, 0x0f, 0xae, 0xc0, 0x50,          // rdfsbase %rax; push
                      0xf3, 0x48, 0x0f, 0xae, 0xc8, 0x50,          // rdgsbase %rax; push
                      0x53, 0x55, 0x41, 0x57,                      // push %rbx, %rbp, %r15
                      0x48, 0x89, 0xe7, 0xbe, 0x38, 0,    0,   0,  // mov %rsp, %rdi; mov $56, %esi
                      0x31, 0xd2, 0x31, 0xc9,                      // xor %edx, %edx; xor %ecx, %ecx
                      0xb8, 1,    0,    0,    0,    0xe6, 0xcb};   // mov $1, %eax; out
  REQUIRE(shell->bind(tiny(0x400000, code, 0x400000, 0x400000, false)).ok());
  auto seen = runner.resume(*shell);
  REQUIRE_MESSAGE(seen.ok(), (seen.ok() ? "" : seen.error().message));
  for (const uint8_t byte : seen.value()) {
    if (byte != 0 && byte != 0x66) CHECK(byte == 0);
  }
}

TEST_CASE("tile configuration is not carried over") {
  NEEDS_KVM();
  if (!has_amx()) {
    MESSAGE("SKIPPED: this CPU has no AMX");
    return;
  }
  Runner runner;
  auto shell = lab_shell();
  auto set = runner.call(*shell, lab(LAB_SET_TILES));
  if (shell->broken()) return;  // tiles are refused, which is also safe
  REQUIRE(set.ok());
  CHECK(runner.call(*shell, lab(LAB_GET_TILES)).value() == Bytes(64, 0));  // already cleared in the same context
  REQUIRE(shell->reset().ok());
  auto seen = runner.call(*shell, lab(LAB_GET_TILES));
  if (!seen) return;
  CHECK(seen.value() == Bytes(64, 0));
}

// KVM completes an `out` at the next entry if the instruction pointer has not moved since. A guest may place its last
// `out` at the next guest's start.
TEST_CASE("the last out of a guest is not completed in another") {
  NEEDS_KVM();
  Runner runner;
  // The victim's first instruction must run: movb $1, %al would be lost with the two bytes of an out.
  const Bytes victim = {0xb0, 0x01, 0x31, 0xf6, 0x31,
                        0xd2, 0x31, 0xc9, 0xe6, 0xcb};  // al = NEXT; no input, no output; out
  for (int round = 0; round < 3; ++round) {
    auto shell = new_shell();
    Bytes attacker(0x40, 0x90);
    const Bytes start = {0xb8, 1, 0, 0, 0, 0x31, 0xf6, 0x31, 0xd2, 0x31, 0xc9, 0xeb};  // eax = NEXT; jmp to 0x40
    std::copy(start.begin(), start.end(), attacker.begin());
    attacker[start.size()] = static_cast<uint8_t>(0x40 - start.size() - 1);
    attacker.push_back(0xe6), attacker.push_back(0xcb);
    REQUIRE(shell->bind(tiny(0x400000, attacker, 0x400000, 0x400000, false)).ok());
    auto ended = runner.resume(*shell);
    REQUIRE_MESSAGE(ended.ok(), (ended.ok() ? "" : ended.error().message));
    Bytes placed(0x40, 0x0f);  // everything except the entry is invalid
    placed.insert(placed.end(), victim.begin(), victim.end());
    REQUIRE(shell->bind(tiny(0x400000, placed, 0x400040, 0x400040, false)).ok());
    auto ran = runner.resume(*shell);
    CHECK_MESSAGE(ran.ok(), (ran.ok() ? "" : ran.error().message));
  }
}

TEST_CASE("a secret in memory is gone, from every place") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const Layout& layout = *lab_snapshot()->layout;
  const uint64_t stack = layout.stack_top - layout.request.stack_size;
  std::vector<uint64_t> places;
  for (uint64_t at = layout.heap_base; at < layout.heap_base + 0x40000; at += 4096) places.push_back(at + 99);
  for (uint64_t at = stack; at < layout.stack_top - 8192; at += 4096) places.push_back(at + 99);
  for (int round = 0; round < 4; ++round) {
    for (const uint64_t at : places) REQUIRE(runner.call(*shell, lab(LAB_WRITE, {at, 0x5e})).ok());
    REQUIRE(shell->reset().ok());
    for (const uint64_t at : places) CHECK(number(runner.call(*shell, lab(LAB_READ, {at})).take()) != 0x5e);
    REQUIRE(shell->reset().ok());
  }
}

TEST_CASE("a child that the host forks has no guest memory") {
  NEEDS_KVM();
  Runner runner;
  auto shell = lab_shell();
  const uint64_t heap = lab_snapshot()->layout->heap_base;
  REQUIRE(runner.call(*shell, lab(LAB_GROW, {1 << 20})).ok());
  REQUIRE(runner.call(*shell, lab(LAB_FILL, {heap, 1 << 20})).ok());
  // The frame of a NEXT in the grown heap shows where the host has mapped it.
  REQUIRE(shell->deliver({lab(LAB_RAW, {kOpNext, heap + (1 << 19), 64, 0, 0, 0})}).ok());
  runner.slot().begin(shell->run(), &runner, {});
  auto event = shell->resume(runner.slot(), {});
  runner.slot().end();
  REQUIRE(event.ok());
  auto* page = reinterpret_cast<uint8_t*>(reinterpret_cast<uint64_t>(event.value().frame.data()) & ~(kPageSize - 1));
  unsigned char resident;
  CHECK(::mincore(page, kPageSize, &resident) == 0);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(::mincore(page, kPageSize, &resident) == 0 ? 1 : 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("two shells of one snapshot do not see each other") {
  NEEDS_KVM();
  Runner runner;
  auto a = lab_shell(), b = lab_shell();
  const uint64_t heap = lab_snapshot()->layout->heap_base;
  REQUIRE(runner.call(*a, lab(LAB_FILL, {heap, 0x40000})).ok());
  for (uint64_t at = 0; at < 0x40000; at += 4096)
    CHECK(number(runner.call(*b, lab(LAB_READ, {heap + at})).take()) == 0);
}

TEST_SUITE_END();
