#include "support/machine.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

namespace colony::test {

const Result<std::shared_ptr<const Kvm>>& open_kvm() {
  static const auto kvm = Kvm::open();
  return kvm;
}

namespace {

// The file that a variable names.
Bytes read_guest(const char* variable) {
  const char* path = std::getenv(variable);
  std::ifstream file(path != nullptr ? path : "", std::ios::binary);
  Bytes out((std::istreambuf_iterator<char>(file)), {});
  if (out.empty()) std::fprintf(stderr, "%s must name a test guest: run the tests by make\n", variable), std::exit(1);
  return out;
}

std::shared_ptr<const Snapshot> image_of(const Bytes& elf) {
  auto parsed = parse_image(elf);
  REQUIRE_MESSAGE(parsed.ok(), (parsed.ok() ? "" : parsed.error().message));
  auto made = snapshot_of_image(parsed.value());
  REQUIRE_MESSAGE(made.ok(), (made.ok() ? "" : made.error().message));
  return made.take();
}

}  // namespace

const Bytes& lab_elf() {
  static const Bytes bytes = read_guest("COLONY_LAB");
  return bytes;
}

std::shared_ptr<const Snapshot> lab_image() {
  static const auto image = image_of(lab_elf());
  return image;
}

std::shared_ptr<const Snapshot> traps_image() {
  static const auto image = image_of(read_guest("COLONY_TRAPS"));
  return image;
}

std::shared_ptr<const Snapshot> lab_snapshot() {
  static const auto booted = [] {
    Runner runner;
    auto shell = new_shell();
    REQUIRE(shell->bind(lab_image()).ok());
    auto event = runner.resume(*shell);
    REQUIRE_MESSAGE(event.ok(), (event.ok() ? "" : event.error().message));
    auto frozen = shell->freeze();
    REQUIRE(frozen.ok());
    return frozen.take();
  }();
  return booted;
}

uint64_t lab_symbol(const std::string& name) {
  for (const auto& entry : lab_image()->symbols->entries()) {
    if (entry.name == name) return entry.address;
  }
  FAIL("the test guest has no symbol " << name);
  return 0;
}

Bytes lab(LabOp op, const std::vector<uint64_t>& numbers, const std::string& text) {
  Bytes out(8);
  out[0] = static_cast<uint8_t>(op);
  for (const uint64_t n : numbers) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&n);
    out.insert(out.end(), bytes, bytes + 8);
  }
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

uint64_t number(const Bytes& reply) {
  REQUIRE(reply.size() == 8);
  uint64_t out;
  std::memcpy(&out, reply.data(), 8);
  return out;
}

Result<Bytes> Runner::call(Shell& shell, const Bytes& request, Limits limits, const OnCall& on_call) {
  COLONY_TRY(shell.deliver({request}));
  return resume(shell, limits, on_call);
}

Result<Bytes> Runner::resume(Shell& shell, Limits limits, const OnCall& on_call) {
  const uint64_t started = now_ns();
  Bytes reply;
  for (;;) {
    const uint64_t wall = add_saturating(started, limits.wall_ns);
    const uint64_t cpu = limits.cpu_ns == kForever ? kForever : add_saturating(thread_cpu_ns(), limits.cpu_ns);
    slot_.begin(shell.run(), this, {wall, cpu});
    if (std::min(wall, cpu) != kForever) watchdog_.expect(std::min(wall, add_saturating(now_ns(), limits.cpu_ns)));
    auto event = shell.resume(slot_, limits);
    slot_.end();
    if (!event) return event.error();
    const auto frame = event.value().frame;
    if (event.value().kind == Event::Kind::kNext) return Bytes(frame.begin(), frame.end());
    auto answer = on_call ? on_call(frame) : Bytes(frame.begin(), frame.end());
    if (!answer) return make_error(Code::kAborted, "the test gave no answer");
    reply = std::move(*answer);
    COLONY_TRY(shell.deliver({reply}));
  }
}

std::unique_ptr<Shell> new_shell(uint64_t arena_bytes) {
  auto shell = Shell::create(kvm(), arena_bytes);
  REQUIRE_MESSAGE(shell.ok(), (shell.ok() ? "" : shell.error().message));
  return shell.take();
}

std::unique_ptr<Shell> lab_shell(uint64_t arena_bytes) {
  auto shell = new_shell(arena_bytes);
  auto bound = shell->bind(lab_snapshot());
  REQUIRE_MESSAGE(bound.ok(), (bound.ok() ? "" : bound.error().message));
  return shell;
}

}  // namespace colony::test
