#include "memory/layout.h"

#include <algorithm>

#include "base/abi.generated.h"

namespace colony {
namespace {

Error bad(std::string what) { return make_error(Code::kBadImage, std::move(what)); }

Status check_segments(const std::vector<Segment>& segments, uint64_t base, uint64_t limit) {
  if (segments.empty()) return bad("the image has no segment to load");
  if (segments.size() > 64) return bad("the image has more than 64 segments");
  uint64_t end = base;
  for (const Segment& s : segments) {
    if (!page_aligned(s.address) || !page_aligned(s.size) || s.size == 0) return bad("a segment is not whole pages");
    if (s.address < end) return bad("segments overlap, share a page, are unsorted or lie below the image base");
    if (s.address >= limit || s.size > limit - s.address) return bad("a segment ends beyond the image range");
    end = s.address + s.size;
  }
  return Ok{};
}

// True if `size` bytes at the address lie in one segment of that protection.
bool lies_in(const std::vector<Segment>& segments, Prot prot, uint64_t address, uint64_t size) {
  return std::any_of(segments.begin(), segments.end(), [&](const Segment& s) {
    return s.prot == prot && address >= s.address && address - s.address < s.size &&
           size <= s.size - (address - s.address);
  });
}

bool in_text(const std::vector<Segment>& segments, uint64_t address) {
  return lies_in(segments, Prot::kReadExecute, address, 1);
}

Status check_traps(const LayoutRequest& r, const TrapEntries& traps) {
  if (!in_text(r.segments, traps.system_call)) return bad("the entry for system calls is not in the text");
  if (!lies_in(r.segments, Prot::kReadExecute, traps.exceptions, kTrapVectors * kTrapStub))
    return bad("the entries for exceptions are not in the text");
  constexpr uint64_t kStacks = kLinuxTickStack + 16;
  if (traps.stack % 16 != 0 || !lies_in(r.segments, Prot::kReadWrite, traps.stack - kStacks, kStacks))
    return bad("the stack for exceptions is not in writable memory");
  if (r.heap_base != kLinuxHeapBase) return bad("the heap base of a Linux image must be 2 MiB");
  return Ok{};
}

Status check_heap(const LayoutRequest& r) {
  if (!page_aligned(r.heap_initial) || r.heap_initial > kNativeReserve) return bad("bad initial heap size");
  if (r.traps) return check_traps(r, *r.traps);
  if (r.heap_base != 0 && r.heap_base != kWasmHeapBase) return bad("the heap base must be 0 or the Wasm heap base");
  return Ok{};
}

Status check_request(const LayoutRequest& r) {
  COLONY_TRY(r.traps ? check_segments(r.segments, kLinuxBase, kLinuxLimit)
                     : check_segments(r.segments, kImageBase, kImageLimit));
  if (!page_aligned(r.stack_size) || r.stack_size == 0 || r.stack_size > kMaxStack) return bad("bad stack size");
  if (!in_text(r.segments, r.entry)) return bad("the entry point is not in the text");
  if (!in_text(r.segments, r.resume)) return bad("the resume address is not in the text");
  return check_heap(r);
}

uint64_t heap_reserve(const LayoutRequest& r) {
  if (r.traps) return kLinuxReserve;
  return r.heap_base != 0 ? kWasmReserve : kNativeReserve;
}

// Address space only. A frame larger than the guard could step over it, into the image's own data.
constexpr uint64_t kStackGuard = 64 * 1024;

constexpr uint64_t large_up(uint64_t v) { return (v + kLargePage - 1) & ~(kLargePage - 1); }

// Page tables needed: one PML4 and one PDPT (nothing lies beyond 512 GiB), a PD per gigabyte in use. Outside the heap,
// also a PT per 2 MiB in use.
uint64_t count_tables(const std::vector<Region>& regions, uint64_t heap_base, uint64_t reserve) {
  std::vector<uint64_t> leaf, gigabytes;
  for (const Region& r : regions) {
    for (uint64_t a = r.address & ~(kLargePage - 1); a < r.address + r.size; a += kLargePage) leaf.push_back(a);
  }
  for (const uint64_t a : leaf) gigabytes.push_back(a >> 30);
  for (uint64_t g = heap_base >> 30; g <= (heap_base + reserve - 1) >> 30; ++g) gigabytes.push_back(g);
  const auto distinct = [](std::vector<uint64_t>& v) {
    std::sort(v.begin(), v.end());
    return static_cast<uint64_t>(std::unique(v.begin(), v.end()) - v.begin());
  };
  return 2 + distinct(gigabytes) + distinct(leaf);
}

}  // namespace

const Region* Layout::find(uint64_t address) const {
  for (const Region& r : regions) {
    if (address >= r.address && address - r.address < r.size) return &r;
  }
  return nullptr;
}

Result<Layout> plan_layout(LayoutRequest request) {
  COLONY_TRY(check_request(request));
  Layout out;
  for (const Segment& s : request.segments) out.regions.push_back({s.address, s.size, 0, s.prot});
  const uint64_t image_end = out.regions.back().address + out.regions.back().size;
  const uint64_t stack = image_end + kStackGuard;
  out.stack_top = stack + request.stack_size;
  out.regions.push_back({stack, request.stack_size, 0, Prot::kReadWrite});
  out.system_address = out.stack_top + kPageSize;
  out.regions.push_back({out.system_address, (request.traps ? 2 : 1) * kPageSize, 0, Prot::kReadExecute});
  out.heap_base = request.heap_base != 0 ? request.heap_base : large_up(out.system_address + 2 * kPageSize);
  out.heap_reserve = heap_reserve(request);
  out.tables_size = count_tables(out.regions, out.heap_base, out.heap_reserve) * kPageSize;

  uint64_t offset = out.tables_size;
  for (Region& r : out.regions) {
    r.offset = offset;
    offset += r.size;
  }
  out.fixed_bytes = offset;
  out.heap_offset = large_up(offset);
  out.request = std::move(request);
  return out;
}

}  // namespace colony
