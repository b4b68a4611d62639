#include "machine/shell.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/abi.generated.h"
#include "kvm/cpu_state.h"
#include "machine/fault.h"

namespace colony {
namespace {

constexpr uint64_t kMostAbortMessage = 4096;
// XRSTOR clears the components of this mask that XCR0 has: x87 to AVX-512, PKRU, the tile configuration of AMX. It is
// not Kvm::xcr0(), because a software KVM may run guests with the host's XCR0. Tile data (bit 18, which would reach
// beyond the system page) is unavailable: the host's XFD keeps it from processes that did not request it.
constexpr uint64_t kEveryComponent = 0x202ff;
// The longest time, in nanoseconds, that a thread of a Linux program has while others wait for the processor.
constexpr uint64_t kTick = 5'000'000;
constexpr uint64_t kRedZone = 128;  // System V ABI, 3.2.2

TrapTables trap_tables(const Layout& layout) {
  TrapTables tables{};
  tables.gdt.base = layout.system_address + kGdtOffset;
  tables.gdt.limit = kGdtSize - 1;
  tables.idt.base = layout.system_address + kIdtOffset;
  tables.idt.limit = kIdtSize - 1;
  return tables;
}

// A guest's text for people, without characters that control a terminal.
std::string printable(std::span<const uint8_t> text) {
  std::string out(text.begin(), text.end());
  for (char& c : out) {
    if ((static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) c = '?';
  }
  return out;
}

}  // namespace

Shell::Shell(const Kvm& kvm, Arena arena, Vm vm)
    : kvm_(kvm), arena_(std::move(arena)), vm_(std::move(vm)), dirty_(arena_.size()) {}

Result<std::unique_ptr<Shell>> Shell::create(const Kvm& kvm, uint64_t arena_bytes) {
  auto arena = Arena::create(arena_bytes);
  if (!arena) return arena.error();
  auto vm = Vm::create(kvm, arena.value().data(), arena_bytes);
  if (!vm) return vm.error();
  return std::unique_ptr<Shell>(new Shell(kvm, arena.take(), vm.take()));
}

Status Shell::bind(std::shared_ptr<const Snapshot> snapshot) {
  if (snapshot->memory_end() > arena_.size())
    return make_error(Code::kInternal, "the shell is too small for the snapshot");
  const bool new_layout = bound_ == nullptr || bound_->layout != snapshot->layout;
  // The guest's page tables are about to change under KVM, which does not notice on shadow paging. This makes KVM
  // forget everything it derived from them.
  if (new_layout && bound_ != nullptr) {
    COLONY_TRY(vm_.finish_exit());
    COLONY_TRY(vm_.replace_memory());
  }
  COLONY_TRY(arena_.bind(*snapshot->memory, snapshot->memory_end()));
  COLONY_TRY(dirty_.clear(vm_, snapshot->layout->tables_size));
  bound_ = std::move(snapshot);
  if (new_layout || !bound_->booted) COLONY_TRY(set_entry_state());
  heap_size_ = bound_->heap_size;
  regs_ = bound_->regs;
  pending_.clear();
  has_pending_ = false;
  request_ = {};
  if (!bound_->booted) return Ok{};
  auto request = decode_request(regs_);
  if (!request) return request.error();
  request_ = request.take();
  return Ok{};
}

// A guest at its entry has not run the stub that scrubs vector state and segment bases, so KVM does it.
Status Shell::set_entry_state() {
  auto sregs = vm_.get_sregs();
  if (!sregs) return sregs.error();
  const Layout& layout = *bound_->layout;
  const auto& traps = layout.request.traps;
  const TrapTables tables = trap_tables(layout);
  direct_entry(sregs.value(), kvm_, 0, layout.system_address, static_cast<uint32_t>(tss_limit()),
               traps ? &tables : nullptr);
  COLONY_TRY(vm_.set_sregs(sregs.value()));
  COLONY_TRY(vm_.set_system_call_entry(traps ? traps->system_call : 0));
  entry_sregs_ = sregs.value();
  return vm_.clear_vector_state();
}

Status Shell::reset() {
  const uint64_t end = bound_->memory_end();
  const uint64_t grown = bound_->layout->heap_offset + heap_size_;
  if (grown > end) COLONY_TRY(arena_.shrink(end, grown));
  heap_size_ = bound_->heap_size;
  regs_ = bound_->regs;
  sregs_stale_ = bound_->layout->request.traps.has_value();
  request_ = {Op::kNext, regs_.rdi, regs_.rsi, regs_.rdx, regs_.rcx};
  pending_.clear();
  has_pending_ = false;
  return dirty_.reset(vm_, arena_, *bound_->memory, end);
}

Result<std::shared_ptr<const Snapshot>> Shell::freeze() {
  const uint64_t end = bound_->layout->heap_offset + heap_size_;
  auto pages = dirty_.dirty_pages(vm_, end);
  if (!pages) return pages.error();
  drop_dead_stack(pages.value());
  // A freshly booted image becomes the base of later snapshots, so it is stored whole.
  auto memory = FrozenMemory::derive(*bound_->memory, arena_.data(), pages.value(), !bound_->booted);
  if (!memory) return memory.error();
  auto out = std::make_shared<Snapshot>(*bound_);
  out->memory = memory.take();
  out->regs = regs_;
  out->heap_size = heap_size_;
  out->booted = true;
  return std::shared_ptr<const Snapshot>(std::move(out));
}

// Below the stack pointer (and its red zone) are only leftovers of finished functions, so no snapshot holds it.
void Shell::drop_dead_stack(std::vector<uint32_t>& pages) const {
  const Layout& layout = *bound_->layout;
  const uint64_t base = layout.stack_top - layout.request.stack_size;
  if (regs_.rsp < base + kRedZone || regs_.rsp > layout.stack_top) return;
  const uint64_t first = layout.find(base)->offset;
  const uint64_t live = first + ((regs_.rsp - kRedZone - base) & ~(kPageSize - 1));
  std::erase_if(pages, [&](uint32_t page) { return page * kPageSize >= first && page * kPageSize < live; });
}

void Shell::answer(const HypercallReply& reply) { encode_reply(regs_, reply, *bound_->layout, kEveryComponent); }

Status Shell::write_reply(const Segments& frame, uint64_t size) {
  auto target = memory().writable(request_.out_address, size);
  if (!target) return target.error();
  uint8_t* to = target.value().data();
  for (const auto& segment : frame) to = std::copy(segment.begin(), segment.end(), to);
  dirty_.mark_host_write(memory().offset_of(target.value()), size);
  answer({kStatusOk, size});
  return Ok{};
}

Status Shell::deliver(const Segments& frame) {
  const uint64_t size = total_bytes(frame);
  has_pending_ = size > request_.out_capacity;
  if (!has_pending_) return write_reply(frame, size);
  pending_ = frame;
  answer({kStatusTooSmall, size});
  return Ok{};
}

Status Shell::fetch() {
  if (!has_pending_) return make_error(Code::kGuestProtocol, "FETCH without a waiting frame");
  const uint64_t size = total_bytes(pending_);
  if (request_.out_capacity < size) return make_error(Code::kGuestProtocol, "FETCH into a buffer that is too small");
  has_pending_ = false;
  return write_reply(pending_, size);
}

Status Shell::grow(uint64_t size, const Limits& limits) {
  const Layout& layout = *bound_->layout;
  if (!page_aligned(size) || size < heap_size_) return make_error(Code::kGuestProtocol, "GROW to an invalid size");
  const uint64_t most = std::min(layout.heap_reserve, arena_.size() - layout.heap_offset);
  if (size > most || layout.fixed_bytes + size > limits.memory) {
    const bool needed = request_.in_length == 0;
    if (!needed) {
      answer({kStatusTooSmall, 0});
      return Ok{};
    }
    return make_error(
        Code::kLimitMemory,
        "the guest wanted " + std::to_string(add_saturating(layout.fixed_bytes, size)) + " bytes of memory");
  }
  COLONY_TRY(arena_.extend(layout.heap_offset + heap_size_, layout.heap_offset + size));
  heap_size_ = size;
  answer({kStatusOk, 0});
  return Ok{};
}

Error Shell::abort_error() {
  Error error = make_error(Code::kGuestTrap, "the guest gave up");
  error.trap = request_.out_address <= kTrapUnsupported ? request_.out_address : 0;
  auto text = memory().readable(request_.in_address, std::min(request_.in_length, kMostAbortMessage));
  if (text && !text.value().empty()) error.message = printable(text.value());
  return error;
}

// Hypercalls of images that serve their own exceptions.
Status Shell::serve_library_os(RunSlot& slot) {
  if (!bound_->layout->request.traps)
    return make_error(Code::kGuestProtocol, "only the library OS of Linux programs makes this hypercall");
  if (request_.op == Op::kIdle) slot.sleep(request_.in_address);
  answer({kStatusOk, request_.op == Op::kIdle ? 0 : vm_.run().s.regs.sregs.cr2});
  return Ok{};
}

// Serves the hypercall; true when `event` is for the caller.
Result<bool> Shell::handle(RunSlot& slot, const Limits& limits, Event& event) {
  auto request = decode_request(regs_);
  if (!request) return request.error();
  request_ = request.take();
  // The bytes of an unfetched frame belong to its owner, who may free them when this run returns to it.
  if (request_.op != Op::kFetch && request_.op != Op::kGrow) has_pending_ = false;
  switch (request_.op) {
    case Op::kFetch: COLONY_TRY(fetch()); return false;
    case Op::kGrow: COLONY_TRY(grow(request_.in_address, limits)); return false;
    case Op::kAbort: return abort_error();
    case Op::kIdle:
    case Op::kFaultAddress: COLONY_TRY(serve_library_os(slot)); return false;
    case Op::kNext:
    case Op::kCall: break;
  }
  if (request_.in_length > limits.output) {
    return make_error(Code::kLimitOutput, "the guest handed over " + std::to_string(request_.in_length) + " bytes");
  }
  auto frame = memory().readable(request_.in_address, request_.in_length);
  if (!frame) return frame.error();
  event = {request_.op == Op::kNext ? Event::Kind::kNext : Event::Kind::kCall, frame.value()};
  return true;
}

Exit Shell::enter() {
  kvm_run& run = vm_.run();
  run.s.regs.regs = regs_;
  run.kvm_dirty_regs = KVM_SYNC_X86_REGS;
  if (sregs_stale_) {
    run.s.regs.sregs = entry_sregs_;
    run.kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
    sregs_stale_ = false;
  }
  const Exit exit = decode_exit(run, vm_.enter());
  regs_ = run.s.regs.regs;
  return exit;
}

// The interruption is a deadline's or a canceller's if there is a reason. Otherwise it is a tick, for the scheduler of a
// Linux guest, whose programs lie in the heap. A tick that finds the library OS at work is left out: so the library OS needs
// no locks, and the stack of ticks is free at each tick.
Status Shell::go_on_after_interruption(RunSlot& slot) {
  if (const std::optional<Code> reason = slot.reason()) {
    // An exception may be half delivered, which KVM does not report: the next guest in this shell would get it.
    broken_ = true;
    return make_error(*reason, "the run was interrupted");
  }
  const Layout& layout = *bound_->layout;
  if (!layout.request.traps || regs_.rip - layout.heap_base >= layout.heap_reserve) return Ok{};
  auto done = vm_.interrupt(kLinuxTickVector);
  return done ? Status(Ok{}) : Status(done.error());
}

Result<Event> Shell::run_to_event(RunSlot& slot, const Limits& limits) {
  Event event{};
  for (;;) {
    const Exit exit = enter();
    if (exit.kind == Exit::Kind::kInterrupted) {
      COLONY_TRY(go_on_after_interruption(slot));
      continue;
    }
    if (exit.kind != Exit::Kind::kHypercall) return fault_error(exit);
    auto done = handle(slot, limits, event);
    if (!done) return done.error();
    if (done.value()) return event;
  }
}

Result<Event> Shell::resume(RunSlot& slot, const Limits& limits) {
  dirty_.begin_run();
  if (!bound_->layout->request.traps) return run_to_event(slot, limits);
  COLONY_TRY(slot.tick_every(kTick));
  auto event = run_to_event(slot, limits);
  COLONY_TRY(slot.tick_every(0));
  return event;
}

Error Shell::fault_error(const Exit& exit) {
  // After a shutdown SVM leaves the vCPU undefined, and a pending MMIO or emulation would be completed into the next
  // guest's registers, as would an interrupt that is half delivered. Only a plain failed memory access leaves the vCPU
  // usable.
  const bool interrupts = bound_->layout->request.traps.has_value();
  broken_ = interrupts || !(exit.kind == Exit::Kind::kOutOfBounds && exit.reason != KVM_EXIT_MMIO);
  const kvm_sync_regs& state = vm_.run().s.regs;
  return describe_fault(exit, state.regs, state.sregs, state.events, *bound_);
}

}  // namespace colony
