// A guest's memory layout, in guest virtual and guest physical addresses.
//
//   guest virtual                              guest physical = offset in the shell's arena
//   ------------------------------------       --------------------------------------------
//   0 .. 0x400000        nothing               0            page tables        (not mapped in the guest)
//   0x400000 ..          image segments        tables_end   system page        TSS, scrubbing code, XSAVE image
//   guard (64 KiB)                             ..           image pages
//   stack (no-execute)                         ..           stack
//   guard (64 KiB)                             ..ap_offset  heap (2 MiB aligned), as far as the shell is large
//   system page (read, execute)
//   guard ..
//   heap_base ..         heap, 2 MiB pages, up to heap_reserve; only the bytes that GROW gave are backed:
//                        the host's mapping behind the rest has no access, so a touch is an exit, not a page
//
// The library OS for Linux programs has another layout: its image lies at 256 GiB, and the heap, which is the program's
// memory, at 2 MiB. That memory is executable, since programs and their compilers put code there. A second system page
// has the GDT and the IDT, which lead exceptions to the library OS at CPL 3.
//
// Page tables are built once per image, never change, and are not reachable by the guest. The heap's bound is
// the host mapping's protection, not a page table entry: KVM on shadow paging does not see a host's edit of a
// live page table, but it does see mprotect (MMU notifier), and so does every other KVM.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/abi.generated.h"
#include "base/error.h"
#include "base/os.h"

namespace colony {

enum class Prot : uint8_t { kRead, kReadExecute, kReadWrite };

// The places at which the library OS of a Linux image takes system calls and exceptions, all at CPL 3.
struct TrapEntries {
  uint64_t system_call = 0;  // in text
  uint64_t exceptions = 0;   // in text: kTrapVectors stubs of kTrapStub bytes
  // Top of the stack for exceptions, 16-byte aligned, in writable memory of the image. That of ticks lies kLinuxTickStack
  // bytes below.
  uint64_t stack = 0;
  bool operator==(const TrapEntries&) const = default;
};
inline constexpr uint64_t kTrapVectors = kLinuxTickVector + 1, kTrapStub = 16;

struct Segment {
  uint64_t address = 0;  // guest virtual, page aligned
  uint64_t size = 0;     // bytes, whole pages
  Prot prot = Prot::kRead;
  bool operator==(const Segment&) const = default;
};

struct Region {
  uint64_t address = 0;
  uint64_t size = 0;
  uint64_t offset = 0;  // guest physical
  Prot prot = Prot::kRead;
};

// An image's request: the input of the layout. plan_layout checks it, whatever its origin.
struct LayoutRequest {
  std::vector<Segment> segments;  // ascending, not overlapping
  uint64_t stack_size = 0;
  uint64_t heap_base = 0;  // 0: after the system page
  uint64_t heap_initial = 0;
  uint64_t entry = 0;
  uint64_t resume = 0;
  std::optional<TrapEntries> traps;  // present: the image is for Linux programs
};

struct Layout {
  LayoutRequest request;
  std::vector<Region> regions;  // image segments, stack, system page; not the heap
  uint64_t tables_size = 0;     // bytes from offset 0
  uint64_t system_address = 0;
  uint64_t stack_top = 0;
  uint64_t heap_base = 0;
  uint64_t heap_offset = 0;
  uint64_t heap_reserve = 0;  // most bytes that page tables are made for
  uint64_t fixed_bytes = 0;   // all pages of the guest without the heap, page tables included

  const Region* find(uint64_t address) const;
};

// A Wasm memory may be 4 GiB; a C heap gets fewer page tables.
inline constexpr uint64_t kWasmReserve = 4ull << 30;
inline constexpr uint64_t kNativeReserve = 1ull << 30;
inline constexpr uint64_t kLinuxReserve = 16ull << 30;

Result<Layout> plan_layout(LayoutRequest request);

// Writes page tables and the system pages into `arena` (at least heap_offset bytes, zeroed). Only Linux images read the
// time-stamp counter's frequency.
Status build_system_pages(const Layout& layout, uint8_t* arena, uint64_t tsc_khz = 0);

// Offsets inside the system page.
inline constexpr uint64_t kTssSize = 104;
inline constexpr uint64_t kScrubOffset = 512;
inline constexpr uint64_t kXsaveOffset = 1024;
// In the second one.
inline constexpr uint64_t kGdtOffset = kPageSize, kGdtSize = 0x40;
inline constexpr uint64_t kIdtOffset = kPageSize + 0x400, kIdtSize = kTrapVectors * 16;
static_assert(kGdtOffset + kGdtSize <= kIdtOffset && kIdtOffset + kIdtSize <= kLinuxTscKhz);
static_assert(kLinuxTscKhz + 8 <= 2 * kPageSize);

// TSS limit that covers the I/O permission bitmap.
uint64_t tss_limit();

}  // namespace colony
