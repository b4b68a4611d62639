// A frozen virtine: layout, memory and registers. Immutable, shared between threads.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/error.h"
#include "kvm/kvm.h"
#include "machine/image.h"
#include "memory/frozen.h"
#include "memory/layout.h"

namespace colony {

struct Snapshot {
  std::shared_ptr<const Layout> layout;
  std::shared_ptr<const FrozenMemory> memory;
  std::shared_ptr<const Symbols> symbols;
  kvm_regs regs{};         // at entry, or at the NEXT hypercall in which the guest waits
  uint64_t heap_size = 0;  // bytes
  bool booted = false;     // false: at entry; true: waiting in NEXT

  uint64_t memory_end() const { return layout->heap_offset + heap_size; }
  // Guest memory that its owner is charged for, bytes.
  uint64_t guest_bytes() const { return layout->fixed_bytes + heap_size; }
};

// The first `end` bytes of `memory` as pages. So far it holds only the page tables and the system page that
// build_system_pages wrote.
std::vector<const uint8_t*> system_pages(const Layout& layout, const uint8_t* memory, uint64_t end);

// An image's state before its first instruction.
Result<std::shared_ptr<const Snapshot>> snapshot_of_image(const Image& image, uint64_t tsc_khz = 0);

// Self-describing bytes: magic, version, ABI, CPU features, layout, registers, pages. The caller adds a digest.
std::vector<uint8_t> serialize_snapshot(const Snapshot& snapshot, const Kvm& kvm);

// The inverse, for bytes of any origin: kBadSnapshot, kSnapshotVersion or kSnapshotForeign if they are unsuitable. Page
// tables and the system page are built again, never read; every address is checked like an image's.
Result<std::shared_ptr<const Snapshot>> deserialize_snapshot(std::span<const uint8_t> bytes, const Kvm& kvm);

}  // namespace colony
