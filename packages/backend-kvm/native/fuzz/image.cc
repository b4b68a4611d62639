// Any bytes as an image: refused, or a layout with the properties that isolation depends on.
#include "base/abi.generated.h"
#include "check.h"
#include "machine/snapshot.h"

using namespace colony;

namespace {

// The heap ends before the image begins, and the processor's entries lie in text and in writable memory.
void check_linux(const Layout& layout, const TrapEntries& traps) {
  MUST(layout.heap_base == kLinuxHeapBase && layout.heap_base + layout.heap_reserve <= kLinuxBase);
  for (const uint64_t text : {traps.system_call, traps.exceptions, traps.exceptions + kTrapVectors * kTrapStub - 1}) {
    const Region* region = layout.find(text);
    MUST(region != nullptr && region->prot == Prot::kReadExecute);
  }
  const Region* stack = layout.find(traps.stack - 1);
  MUST(stack != nullptr && stack->prot == Prot::kReadWrite);
}

void check_layout(const Layout& layout) {
  const std::optional<TrapEntries>& traps = layout.request.traps;
  uint64_t virtual_end = traps ? kLinuxBase : kImageBase, physical_end = layout.tables_size;
  for (const Region& r : layout.regions) {
    MUST(r.address >= virtual_end && r.size > 0 && page_aligned(r.address) && page_aligned(r.size));
    MUST(r.offset == physical_end);
    virtual_end = r.address + r.size, physical_end = r.offset + r.size;
  }
  MUST(physical_end == layout.fixed_bytes && layout.heap_offset >= layout.fixed_bytes);
  if (traps) check_linux(layout, *traps);
  else MUST(layout.heap_base >= virtual_end + kPageSize);
  const Region* entry = layout.find(layout.request.entry);
  const Region* resume = layout.find(layout.request.resume);
  MUST(entry != nullptr && entry->prot == Prot::kReadExecute);
  MUST(resume != nullptr && resume->prot == Prot::kReadExecute);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto image = parse_image({data, size});
  if (!image) {
    MUST(image.error().code == Code::kBadImage);
    return 0;
  }
  for (const uint64_t address : {uint64_t{0}, image.value().request.entry, UINT64_MAX})
    (void)image.value().symbols->describe(address);
  auto layout = plan_layout(image.value().request);
  if (!layout) {
    MUST(layout.error().code == Code::kBadImage);
    return 0;
  }
  check_layout(layout.value());
  if (layout.value().fixed_bytes > (8 << 20)) return 0;
  auto snapshot = snapshot_of_image(image.value());
  MUST(snapshot.ok());
  for (const Image::Load& load : image.value().loads) {
    if (load.bytes.empty()) continue;
    const uint8_t* page =
        snapshot.value()->memory->page(static_cast<uint32_t>(layout.value().find(load.address)->offset / kPageSize));
    MUST((page == nullptr ? 0 : page[0]) == load.bytes[0]);
  }
  return 0;
}
