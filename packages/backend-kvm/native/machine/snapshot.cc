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
  regs.rflags = guest_rflags(layout.request.traps.has_value());
  regs.rdi = layout.heap_base;
  regs.rsi = layout.request.heap_initial;
  regs.rdx = layout.heap_reserve;
  regs.rcx = kAbiVersion;
  regs.r8 = layout.system_address;
  return regs;
}

// Adds the pages of [offset, offset + size).
void add_pages(std::vector<const uint8_t*>& pages, const uint8_t* memory, uint64_t offset, uint64_t size) {
  for (uint64_t at = offset; at < offset + size; at += kPageSize) pages[at / kPageSize] = memory + at;
}

}  // namespace

std::vector<const uint8_t*> system_pages(const Layout& layout, const uint8_t* memory, uint64_t end) {
  std::vector<const uint8_t*> pages(end / kPageSize, nullptr);
  add_pages(pages, memory, 0, layout.tables_size);
  const Region* system = layout.find(layout.system_address);
  add_pages(pages, memory, system->offset, system->size);
  return pages;
}

Result<std::shared_ptr<const Snapshot>> snapshot_of_image(const Image& image, uint64_t tsc_khz) {
  auto planned = plan_layout(image.request);
  if (!planned) return planned.error();
  auto layout = std::make_shared<const Layout>(planned.take());
  auto scratch =
      Mapping::map(layout->heap_offset, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (!scratch) return scratch.error();
  uint8_t* memory = scratch.value().data();
  COLONY_TRY(build_system_pages(*layout, memory, tsc_khz));
  auto pages = system_pages(*layout, memory, layout->fixed_bytes);
  for (const Image::Load& load : image.loads) {
    if (load.bytes.empty()) continue;
    const uint64_t offset = layout->find(load.address)->offset;
    std::memcpy(memory + offset, load.bytes.data(), load.bytes.size());
    add_pages(pages, memory, offset, load.bytes.size());
  }
  auto file = MemoryFile::create(pages);
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
