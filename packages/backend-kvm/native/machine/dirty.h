// Finds the pages that a run wrote, and restores them.
//
// Page tables are left out: no guest can reach them, and their accessed and dirty bits are set beforehand, so that no
// processor writes them. With nested paging KVM's log has them all the same, because the processor demands the right to
// write whenever it reads one (AMD APM vol. 2, 15.25.6; Intel SDM vol. 3C, 29.3.3.2).
//
// Hot-set reset: a page that two runs in a row have written stays writable in KVM and is copied back at every reset.
// That costs about 0.15 us, while write-protecting it again would cost the next run a fault (about 6 us here). Pages outside the hot set are found in KVM's dirty log, restored, and protected again. Now and
// then the hot pages are compared before they are copied; those that calls no longer write leave the hot set.
#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "kvm/kvm.h"
#include "memory/arena.h"
#include "memory/frozen.h"

namespace colony {

class DirtyTracker {
 public:
  explicit DirtyTracker(uint64_t arena_size);

  // Reports that the host wrote [offset, offset + length) itself, which KVM's log does not show.
  void mark_host_write(uint64_t offset, uint64_t length);

  // The guest runs now, so an earlier count is out of date.
  void begin_run() { counted_ = false; }

  // Number of pages that a reset would restore now, hot ones included. A reset that follows without a run in between does
  // not ask KVM again.
  Result<uint32_t> count(Vm& vm);

  // Pages below `end` that may differ from what was bound, ascending.
  Result<std::vector<uint32_t>> dirty_pages(Vm& vm, uint64_t end);

  // Restores every written page below `end` to `frozen`. The caller has dropped the pages above.
  Status reset(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end);

  // Forgets everything: all pages are protected and the hot set is empty. Page tables lie in the first `tables_size` bytes.
  Status clear(Vm& vm, uint64_t tables_size);

  uint32_t hot_pages() const { return static_cast<uint32_t>(hot_list_.size()); }

 private:
  Status collect(Vm& vm);
  Status restore_cold(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end);
  void restore_page(Arena& arena, const FrozenMemory& frozen, uint32_t page);
  bool promote(uint32_t page);
  Status restore_hot(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end);
  Status survey(Vm& vm, const Arena& arena, const FrozenMemory& frozen, uint64_t end);

  uint64_t words_;
  uint64_t tables_ = 0;             // pages
  std::vector<uint64_t> log_;       // KVM's bitmap
  std::vector<uint64_t> host_;      // pages that the host wrote
  std::vector<uint64_t> hot_;       // pages never protected again
  std::vector<uint64_t> to_clear_;  // scratch
  std::vector<uint8_t> seen_;       // resets that found the page dirty, saturating at 2
  std::vector<uint8_t> idle_;       // surveys in a row that found the hot page unwritten
  std::vector<uint32_t> hot_list_;
  bool host_wrote_ = false;
  bool counted_ = false;  // log_ is up to date
  uint32_t resets_ = 0;
};

}  // namespace colony
