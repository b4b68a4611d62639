// A shell's guest physical memory: one reservation, into which a frozen memory is mapped copy-on-write.
#pragma once

#include <cstdint>

#include "base/error.h"
#include "base/os.h"
#include "memory/frozen.h"

namespace colony {

class Arena {
 public:
  // Reserves `size` bytes of address space; nothing is accessible yet.
  static Result<Arena> create(uint64_t size);

  uint8_t* data() const { return memory_.data(); }
  uint64_t size() const { return memory_.size(); }

  // Drops the present content, and makes [0, end) accessible with the frozen content (zeros beyond it). Everything after is
  // inaccessible.
  Status bind(const FrozenMemory& frozen, uint64_t end);

  // Makes [from, to) accessible, zeroed. Both whole pages within size().
  Status extend(uint64_t from, uint64_t to);
  // Drops [from, to) and makes it inaccessible.
  Status shrink(uint64_t from, uint64_t to);
  // Drops private copies in [from, to) and restores the frozen content.
  Status revert(const FrozenMemory& frozen, uint64_t from, uint64_t to);

 private:
  Mapping memory_;
  uint64_t bound_ = 0;  // the highest end of the accessible range since the last bind
};

}  // namespace colony
