// Exits and faults from artificial KVM structures.
#include <cerrno>
#include <cstring>

#include "base/abi.generated.h"
#include "kvm/exit.h"
#include "machine/fault.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("exit");

namespace {

kvm_run exit_of(uint32_t reason) {
  kvm_run run{};
  run.exit_reason = reason;
  return run;
}

kvm_run out_exit(uint8_t direction, uint16_t port, uint8_t size, uint32_t count) {
  kvm_run run = exit_of(KVM_EXIT_IO);
  run.io.direction = direction, run.io.port = port, run.io.size = size, run.io.count = count;
  return run;
}

const Snapshot& made_up_snapshot() {
  static const Snapshot snapshot = [] {
    LayoutRequest r;
    r.segments = {{0x400000, 0x1000, Prot::kReadExecute}};
    r.stack_size = 0x1000, r.entry = r.resume = 0x400000;
    Snapshot s;
    s.layout = std::make_shared<Layout>(plan_layout(r).take());
    s.symbols = std::make_shared<Symbols>(std::vector<Symbols::Entry>{{0x400100, 16, "inner"}, {0x400000, 0, "outer"}});
    return s;
  }();
  return snapshot;
}

Error describe(const Exit& exit, int vector, uint32_t code, uint64_t cr2 = 0, uint64_t rip = 0x400104,
               bool known = true, uint64_t cr0 = 0x80050033) {
  kvm_regs regs{};
  regs.rip = rip, regs.rsp = 0x1234;
  kvm_sregs sregs{};
  sregs.cr0 = cr0;
  sregs.cr2 = cr2;
  kvm_vcpu_events events{};
  events.exception.nr = known ? static_cast<uint8_t>(vector) : kNoException;
  events.exception.has_error_code = 1;
  events.exception.error_code = code;
  return describe_fault(exit, regs, sregs, events, made_up_snapshot());
}

constexpr Exit kShut{Exit::Kind::kShutdown, KVM_EXIT_SHUTDOWN, {}};

}  // namespace

TEST_CASE("only one byte out of the hypercall port is a hypercall") {
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort, 1, 1), 0).kind == Exit::Kind::kHypercall);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_IN, kPort, 1, 1), 0).kind == Exit::Kind::kUnexpected);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort + 1, 1, 1), 0).kind == Exit::Kind::kUnexpected);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort, 2, 1), 0).kind == Exit::Kind::kUnexpected);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort, 4, 1), 0).kind == Exit::Kind::kUnexpected);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort, 1, 2), 0).kind == Exit::Kind::kUnexpected);
  CHECK(decode_exit(out_exit(KVM_EXIT_IO_OUT, kPort, 1, 0), 0).kind == Exit::Kind::kUnexpected);
}

TEST_CASE("every other reason is decoded or unexpected") {
  for (uint32_t reason = 0; reason < 64; ++reason) {
    const Exit exit = decode_exit(exit_of(reason), 0);
    // The decision to reuse a vCPU depends on the reason, so no two reasons may be equal.
    if (exit.kind != Exit::Kind::kInterrupted) CHECK(exit.reason == reason);
    if (reason == KVM_EXIT_SHUTDOWN) CHECK(exit.kind == Exit::Kind::kShutdown);
    else if (reason == KVM_EXIT_MMIO || reason == 39) CHECK(exit.kind == Exit::Kind::kOutOfBounds);
    else if (reason == KVM_EXIT_INTR) CHECK(exit.kind == Exit::Kind::kInterrupted);
    else CHECK(exit.kind == Exit::Kind::kUnexpected);
  }
}

TEST_CASE("errno of KVM_RUN counts, not a stale exit reason") {
  kvm_run stale = out_exit(KVM_EXIT_IO_OUT, kPort, 1, 1);
  CHECK(decode_exit(stale, EINTR).kind == Exit::Kind::kInterrupted);
  CHECK(decode_exit(stale, EFAULT).kind == Exit::Kind::kOutOfBounds);
  CHECK(!decode_exit(stale, EFAULT).physical.has_value());
  for (const int error : {EIO, ENOMEM, EINVAL, EBADF, ENOSYS})
    CHECK(decode_exit(stale, error).kind == Exit::Kind::kUnexpected);
}

TEST_CASE("a memory fault has its address") {
  kvm_run run = exit_of(39);
  const uint64_t fault[3] = {0, 0x12345000, 4096};
  std::memcpy(&run.hw, fault, sizeof fault);
  CHECK(decode_exit(run, EFAULT).physical == 0x12345000);
  CHECK(decode_exit(run, 0).physical == 0x12345000);
  kvm_run mmio = exit_of(KVM_EXIT_MMIO);
  mmio.mmio.phys_addr = 0x777;
  CHECK(decode_exit(mmio, 0).physical == 0x777);
}

TEST_CASE("exceptions are named") {
  using Kind = Fault::Kind;
  // clang-format off
  const struct { int vector; uint32_t code; Kind kind; } cases[] = {
      {0, 0, Kind::kDivide}, {1, 0, Kind::kDebug}, {3, 0, Kind::kDebug}, {6, 0, Kind::kInvalidOpcode}, {7, 0, Kind::kInvalidOpcode},
      {12, 0, Kind::kGeneralProtection}, {13, 0, Kind::kGeneralProtection}, {14, 4, Kind::kPage}, {14, 6, Kind::kPage},
      {14, 7, Kind::kProtection}, {14, 5, Kind::kProtection}, {14, 0x15, Kind::kNoExecute}, {14, 0x14, Kind::kNoExecute},
      {16, 0, Kind::kFloatingPoint}, {17, 0, Kind::kAlignment}, {19, 0, Kind::kFloatingPoint}, {200, 0, Kind::kUnknown}};
  // clang-format on
  for (const auto& c : cases) {
    const Error error = describe(kShut, c.vector, c.code, 0xabcd);
    CHECK(error.code == Code::kGuestFault);
    CHECK(error.fault->kind == c.kind);
    CHECK(error.fault->address.has_value() == (c.vector == 14));
    CHECK(error.message.find("inner+0x4") != std::string::npos);
  }
}

TEST_CASE("an exception that KVM does not report is not invented") {
  const Error error = describe(kShut, 0, 0, 0, 0x400104, false);
  CHECK(error.fault->kind == Fault::Kind::kUnknown);
  CHECK(error.fault->vector == -1);
}

TEST_CASE("registers of a reset processor do not count as the guest's") {
  const Error error = describe(kShut, 14, 4, 0xabcd, 0xfff0, true, 0x60000010);
  CHECK(error.code == Code::kGuestFault);
  CHECK(error.fault->kind == Fault::Kind::kPage);
  CHECK(error.fault->rip == 0);
  CHECK(error.fault->rsp == 0);
  CHECK(!error.fault->address.has_value());
  CHECK(error.message == "the guest was stopped: unmapped memory; this processor does not tell where");
}

TEST_CASE("addresses beyond the heap are reported only if they are known") {
  const Layout& layout = *made_up_snapshot().layout;
  CHECK(*describe({Exit::Kind::kOutOfBounds, 39, layout.heap_offset + 5}, 0, 0).fault->address == layout.heap_base + 5);
  CHECK(!describe({Exit::Kind::kOutOfBounds, 39, layout.heap_offset - 1}, 0, 0).fault->address.has_value());
  CHECK(!describe({Exit::Kind::kOutOfBounds, 39, {}}, 0, 0).fault->address.has_value());
}

TEST_CASE("symbols around an address") {
  const Symbols& s = *made_up_snapshot().symbols;
  CHECK(s.describe(0x3fffff).empty());
  CHECK(s.describe(0x400000) == "outer+0x0");
  CHECK(s.describe(0x4000ff) == "outer+0xff");
  CHECK(s.describe(0x40010f) == "inner+0xf");
  CHECK(s.describe(0x400110).empty());
  CHECK(Symbols({}).describe(1).empty());
}

TEST_CASE("a failure of the host is not reported as the guest's") {
  const Error error = describe(decode_exit(exit_of(KVM_EXIT_IO), ENOMEM), 0, 0);
  CHECK(error.code == Code::kInternal);
  CHECK(error.sys_errno == ENOMEM);
}

TEST_SUITE_END();
