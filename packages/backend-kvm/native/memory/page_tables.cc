// Page tables, the TSS with its I/O bitmap, and the XSAVE image, written by the host into guest physical memory.
// Bits: Intel SDM vol. 3A, 4.5 (4-level paging), 8.7 (64-bit TSS), 19.5.2 (I/O permission bitmap); vol. 1, 13.4 (XSAVE area).
#include <cstring>

#include "base/abi.generated.h"
#include "base/selectors.h"
#include "memory/layout.h"

namespace colony {
namespace {

constexpr uint64_t kPresent = 1, kWritable = 2, kUser = 4, kLarge = 1 << 7, kNoExecute = 1ull << 63;
// Accessed and dirty are set beforehand, so that KVM never writes to a table (which would show as a dirty page).
constexpr uint64_t kAccessed = 1 << 5, kDirty = 1 << 6;
constexpr uint64_t kTable = kPresent | kWritable | kUser | kAccessed;
constexpr uint64_t kAddressMask = 0x000ffffffffff000ull;

constexpr uint64_t kAll = kPresent | kUser | kAccessed | kDirty | kWritable;

uint64_t leaf_bits(Prot prot) {
  switch (prot) {
    case Prot::kReadExecute: return kPresent | kUser | kAccessed | kDirty;
    case Prot::kReadWrite: return kAll | kNoExecute;
    case Prot::kRead: break;
  }
  return kPresent | kUser | kAccessed | kDirty | kNoExecute;
}

class TableBuilder {
 public:
  TableBuilder(uint8_t* arena, uint64_t size) : arena_(arena), size_(size), next_(kPageSize) {}

  // Maps one page; level 1 is 4 KiB, level 2 is 2 MiB. False when the tables do not fit.
  bool map(uint64_t address, uint64_t offset, uint64_t bits, int leaf_level) {
    uint64_t* table = at(0);
    for (int level = 4; level > leaf_level; --level) {
      uint64_t& entry = table[index(address, level)];
      if (entry == 0) {
        if (next_ + kPageSize > size_) return false;
        entry = next_ | kTable;
        next_ += kPageSize;
      }
      table = at(entry & kAddressMask);
    }
    table[index(address, leaf_level)] = offset | bits | (leaf_level == 2 ? kLarge : 0);
    return true;
  }

 private:
  static unsigned index(uint64_t address, int level) { return (address >> (12 + 9 * (level - 1))) & 511; }
  uint64_t* at(uint64_t offset) { return reinterpret_cast<uint64_t*>(arena_ + offset); }

  uint8_t* arena_;
  uint64_t size_;
  uint64_t next_;
};

constexpr uint64_t kBitmapBytes = kPort / 8 + 1;

// Every hypercall returns through this, and so does every fresh call. It clears virtual CPU state that a guest may have
// left and that the host does not set with the general registers. It is the host's code, not the image's, because an
// image may attack another guest. In: edx:eax XSAVE mask, r10 XSAVE image, r11 FS base, rcx where to continue.
constexpr uint8_t kScrub[] = {
    0x49, 0x0f, 0xae, 0x2a,        // xrstor64 (%r10)
    0x31, 0xff,                    // xor      %edi, %edi
    0x8e, 0xdf,                    // mov      %edi, %ds
    0x8e, 0xc7,                    // mov      %edi, %es
    0x8e, 0xe7,                    // mov      %edi, %fs
    0x8e, 0xef,                    // mov      %edi, %gs
    0xf3, 0x48, 0x0f, 0xae, 0xdf,  // wrgsbase %rdi
    0xf3, 0x49, 0x0f, 0xae, 0xd3,  // wrfsbase %r11
    0xff, 0xe1,                    // jmp      *%rcx
};
static_assert(kTssSize + kBitmapBytes < kScrubOffset && kScrubOffset + sizeof kScrub <= kXsaveOffset);

template <typename T>
void put(uint8_t* at, T value) {
  std::memcpy(at, &value, sizeof value);
}

// Descriptors of flat segments for CPL 3 (SDM vol. 3A, 3.4.5): no others, so a guest can load no others.
constexpr uint64_t kDataDescriptor = 0x00cff3000000ffff, kCodeDescriptor = 0x00affb000000ffff;
// Gates to CPL 3 code (SDM vol. 3A, 6.14.1). They are trap gates: an interrupt gate clears the interrupt flag, which CPL 3
// could not set again. INT n (DPL 3) may use those of exceptions, each on the first interrupt stack. The gate of ticks has
// the second one.
constexpr uint64_t kExceptionGate = 0xef01, kTickGate = 0x8f02;
constexpr uint64_t kTssStack1 = 36, kTssStack2 = 44;

void write_gate(uint8_t* at, uint64_t entry, uint64_t gate) {
  put(at, (entry & 0xffff) | uint64_t{kCodeSelector} << 16 | gate << 32 | (entry >> 16 & 0xffff) << 48);
  put(at + 8, entry >> 32);
}

// How exceptions and ticks reach the library OS.
void write_traps(uint8_t* pages, const TrapEntries& traps, uint64_t tsc_khz) {
  put(pages + kTssStack1, traps.stack);
  put(pages + kTssStack2, traps.stack - kLinuxTickStack);
  put(pages + kGdtOffset + (kDataSelector & ~7u), kDataDescriptor);
  put(pages + kGdtOffset + (kCodeSelector & ~7u), kCodeDescriptor);
  for (uint64_t i = 0; i < kTrapVectors; ++i) {
    const uint64_t gate = i == kLinuxTickVector ? kTickGate : kExceptionGate;
    write_gate(pages + kIdtOffset + i * 16, traps.exceptions + i * kTrapStub, gate);
  }
  put(pages + kLinuxTscKhz, tsc_khz);
}

void write_system_page(uint8_t* page) {
  const uint16_t bitmap_base = kTssSize;
  std::memcpy(page + 102, &bitmap_base, sizeof bitmap_base);
  // Every port except the hypercall's is refused; the byte after the map must be all ones.
  std::memset(page + kTssSize, 0xff, kBitmapBytes + 1);
  page[kTssSize + kPort / 8] &= static_cast<uint8_t>(~(1u << (kPort % 8)));
  std::memcpy(page + kScrubOffset, kScrub, sizeof kScrub);
  // XSTATE_BV = 0: XRSTOR puts every component into its initial state. MXCSR is still taken from memory.
  const uint32_t mxcsr = 0x1f80;
  std::memcpy(page + kXsaveOffset + 24, &mxcsr, sizeof mxcsr);
}

}  // namespace

uint64_t tss_limit() { return kTssSize + kBitmapBytes; }

Status build_system_pages(const Layout& layout, uint8_t* arena, uint64_t tsc_khz) {
  TableBuilder tables(arena, layout.tables_size);
  bool fits = true;
  for (const Region& r : layout.regions) {
    for (uint64_t at = 0; at < r.size; at += kPageSize) {
      fits = fits && tables.map(r.address + at, r.offset + at, leaf_bits(r.prot), 1);
    }
  }
  const uint64_t heap_bits = layout.request.traps ? kAll : leaf_bits(Prot::kReadWrite);
  for (uint64_t at = 0; at < layout.heap_reserve; at += kLargePage) {
    fits = fits && tables.map(layout.heap_base + at, layout.heap_offset + at, heap_bits, 2);
  }
  if (!fits) return make_error(Code::kInternal, "page tables need more room than was planned");
  uint8_t* system = arena + layout.find(layout.system_address)->offset;
  write_system_page(system);
  if (layout.request.traps) write_traps(system, *layout.request.traps, tsc_khz);
  return Ok{};
}

}  // namespace colony
