// Snapshots as bytes, and from bytes of any origin.
//
//   header | segments | pages: (u32 page number, 4096 bytes)*
//
// The file excludes page tables and the system page. Registers are those of a guest waiting in NEXT: general registers
// may hold anything (they are the guest's own), rip is ignored (the guest continues at the image's resume address).
#include <cstring>
#include <type_traits>

#include "base/abi.generated.h"
#include "machine/snapshot.h"

namespace colony {
namespace {

constexpr uint64_t kMagic = 0x3150414e534c4f43;  // "COLSNAP1"
constexpr uint32_t kVersion = 2;

struct Header {
  uint64_t magic;
  uint32_t version;
  uint32_t abi;
  uint32_t features[4];
  uint64_t xcr0;
  uint64_t entry, resume;
  uint64_t stack_size, heap_base, heap_initial, heap_size;
  TrapEntries traps;  // zeros: not a Linux image
  kvm_regs regs;
  uint32_t segments;
  uint32_t pages;
};
static_assert(std::is_trivially_copyable_v<Header> && sizeof(Header) == 112 + sizeof(kvm_regs) + 8);

struct SegmentRecord {
  uint64_t address;
  uint64_t size;
  uint64_t prot;
};

template <typename T>
void append(std::vector<uint8_t>& out, const T& value) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : left_(bytes) {}
  template <typename T>
  bool read(T& out) {
    if (left_.size() < sizeof out) return false;
    std::memcpy(&out, left_.data(), sizeof out);
    left_ = left_.subspan(sizeof out);
    return true;
  }
  bool take(size_t size, std::span<const uint8_t>& out) {
    if (left_.size() < size) return false;
    out = left_.first(size);
    left_ = left_.subspan(size);
    return true;
  }
  size_t left() const { return left_.size(); }

 private:
  std::span<const uint8_t> left_;
};

Error damaged(const char* what) {
  return make_error(Code::kBadSnapshot, std::string("the snapshot is damaged: ") + what);
}

// A page of the guest: image, stack or heap; not page tables or the system page.
bool is_guest_page(const Layout& layout, uint64_t heap_size, uint32_t page) {
  const uint64_t offset = uint64_t{page} * kPageSize;
  if (offset >= layout.heap_offset) return offset - layout.heap_offset < heap_size;
  const Region* system = layout.find(layout.system_address);
  return offset >= layout.tables_size && offset < layout.fixed_bytes &&
         (offset < system->offset || offset >= system->offset + system->size);
}

Status check_header(const Header& h, const Kvm& kvm) {
  if (h.magic != kMagic) return damaged("it does not begin with the magic of a kvm snapshot");
  if (h.version != kVersion || h.abi != kAbiVersion) {
    return make_error(Code::kSnapshotVersion, "the snapshot has format " + std::to_string(h.version) + ", ABI " +
                                                  std::to_string(h.abi) + "; this build reads format " +
                                                  std::to_string(kVersion) + ", ABI " + std::to_string(kAbiVersion));
  }
  for (int i = 0; i < 4; ++i) {
    if ((h.features[i] & ~kvm.features()[i]) != 0)
      return make_error(Code::kSnapshotForeign, "the snapshot was made on a CPU with features that this one lacks");
  }
  if ((h.xcr0 & ~kvm.xcr0()) != 0)
    return make_error(Code::kSnapshotForeign, "the snapshot was made on a CPU with vector state that this one lacks");
  return Ok{};
}

Result<Layout> read_layout(const Header& h, Reader& in) {
  LayoutRequest request;
  request.stack_size = h.stack_size;
  request.heap_base = h.heap_base;
  request.heap_initial = h.heap_initial;
  request.entry = h.entry;
  request.resume = h.resume;
  if (h.traps != TrapEntries{}) request.traps = h.traps;
  if (h.segments > in.left() / sizeof(SegmentRecord)) return damaged("it ends early");
  for (uint32_t i = 0; i < h.segments; ++i) {
    SegmentRecord s;
    if (!in.read(s) || s.prot > static_cast<uint64_t>(Prot::kReadWrite)) return damaged("a bad segment");
    request.segments.push_back({s.address, s.size, static_cast<Prot>(s.prot)});
  }
  auto layout = plan_layout(std::move(request));
  if (!layout) return damaged(layout.error().message.c_str());
  return layout;
}

// The frozen memory: tables are built here, all else comes from the file.
Result<std::shared_ptr<const MemoryFile>> read_memory(const Header& h, const Layout& layout, uint64_t tsc_khz,
                                                      Reader& in) {
  auto scratch =
      Mapping::map(layout.heap_offset, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  if (!scratch) return scratch.error();
  COLONY_TRY(build_system_pages(layout, scratch.value().data(), tsc_khz));
  auto pages = system_pages(layout, scratch.value().data(), layout.heap_offset + h.heap_size);
  if (h.pages > in.left() / (sizeof(uint32_t) + kPageSize)) return damaged("it ends early");
  for (uint32_t i = 0; i < h.pages; ++i) {
    uint32_t page = 0;
    std::span<const uint8_t> bytes;
    if (!in.read(page) || !in.take(kPageSize, bytes)) return damaged("it ends early");
    if (!is_guest_page(layout, h.heap_size, page)) return damaged("a page lies outside the guest's memory");
    pages[page] = bytes.data();
  }
  if (in.left() != 0) return damaged("bytes after its end");
  return MemoryFile::create(pages);
}

}  // namespace

std::vector<uint8_t> serialize_snapshot(const Snapshot& snapshot, const Kvm& kvm) {
  const Layout& layout = *snapshot.layout;
  Header h{};
  h.magic = kMagic;
  h.version = kVersion;
  h.abi = kAbiVersion;
  std::memcpy(h.features, kvm.features(), sizeof h.features);
  h.xcr0 = kvm.xcr0();
  h.entry = layout.request.entry;
  h.resume = layout.request.resume;
  h.stack_size = layout.request.stack_size;
  h.heap_base = layout.request.heap_base;
  h.heap_initial = layout.request.heap_initial;
  h.heap_size = snapshot.heap_size;
  h.traps = layout.request.traps.value_or(TrapEntries{});
  h.regs = snapshot.regs;
  h.segments = static_cast<uint32_t>(layout.request.segments.size());
  std::vector<uint32_t> pages;
  for (uint32_t i = 0; i < snapshot.memory->pages(); ++i) {
    const uint8_t* bytes = snapshot.memory->page(i);
    if (bytes != nullptr && is_guest_page(layout, snapshot.heap_size, i) && !is_zero_page(bytes)) pages.push_back(i);
  }
  h.pages = static_cast<uint32_t>(pages.size());
  std::vector<uint8_t> out;
  out.reserve(sizeof h + pages.size() * (kPageSize + 4) + 4096);
  append(out, h);
  for (const Segment& s : layout.request.segments)
    append(out, SegmentRecord{s.address, s.size, static_cast<uint64_t>(s.prot)});
  for (const uint32_t page : pages) {
    append(out, page);
    const uint8_t* bytes = snapshot.memory->page(page);
    out.insert(out.end(), bytes, bytes + kPageSize);
  }
  return out;
}

Result<std::shared_ptr<const Snapshot>> deserialize_snapshot(std::span<const uint8_t> bytes, const Kvm& kvm) {
  Reader in(bytes);
  Header h;
  if (!in.read(h)) return damaged("it ends early");
  COLONY_TRY(check_header(h, kvm));
  auto planned = read_layout(h, in);
  if (!planned) return planned.error();
  auto layout = std::make_shared<const Layout>(planned.take());
  if (!page_aligned(h.heap_size) || h.heap_size > layout->heap_reserve) return damaged("a bad heap size");
  if (h.regs.rax != kOpNext) return damaged("the guest does not wait in NEXT");
  auto file = read_memory(h, *layout, kvm.tsc_khz(), in);
  if (!file) return file.error();
  auto out = std::make_shared<Snapshot>();
  out->layout = layout;
  out->memory = FrozenMemory::from_file(file.take());
  out->symbols = std::make_shared<const Symbols>(std::vector<Symbols::Entry>{});
  out->regs = h.regs;
  out->heap_size = h.heap_size;
  out->booted = true;
  return std::shared_ptr<const Snapshot>(std::move(out));
}

}  // namespace colony
