#include "machine/snapshot.h"

#include <cstring>

#include "base/abi.generated.h"
#include "kvm/cpu_state.h"

namespace colony {
namespace {

kvm_regs entry_registers(const Layout& layout) {
  kvm_regs regs{};
  regs.rip = layout.request.entry;
  regs.rsp = layout.stack_top;
  regs.rflags = kGuestRflags;
  regs.rdi = layout.heap_base;
  regs.rsi = layout.request.heap_initial;
  regs.rdx = layout.heap_reserve;
  regs.rcx = kAbiVersion;
  regs.r8 = layout.system_address;
  return regs;
}

}  // namespace

Result<std::shared_ptr<const Snapshot>> snapshot_of_image(const Image& image) {
  auto planned = plan_layout(image.request);
  if (!planned) return planned.error();
  auto layout = std::make_shared<const Layout>(planned.take());
  auto scratch = Mapping::map(layout->heap_offset, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (!scratch) return scratch.error();
  COLONY_TRY(build_system_pages(*layout, scratch.value().data()));
  for (const Image::Load& load : image.loads) {
    if (!load.bytes.empty()) {
      std::memcpy(scratch.value().data() + layout->find(load.address)->offset, load.bytes.data(), load.bytes.size());
    }
  }
  auto file = MemoryFile::create(scratch.value().data(), layout->fixed_bytes);
  if (!file) return file.error();
  auto out = std::make_shared<Snapshot>();
  out->layout = layout;
  out->memory = FrozenMemory::from_file(file.take());
  out->symbols = image.symbols;
  out->regs = entry_registers(*layout);
  out->heap_size = image.request.heap_initial;
  return std::shared_ptr<const Snapshot>(std::move(out));
}

}  // namespace colony
