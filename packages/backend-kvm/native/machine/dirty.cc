#include "machine/dirty.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace colony {
namespace {

constexpr size_t kMostHotPages = 1024;
// The hot pages are compared after this many resets. One that was not written this often in a row is cold again, so
// that one heavy call does not tax all later ones.
constexpr uint32_t kSurveyEvery = 16;
constexpr uint8_t kMostIdle = 4;
// Runs of at least this many cold pages are dropped by one madvise instead of being copied.
constexpr uint32_t kRevertRun = 32;

constexpr uint64_t bit_of(uint32_t page) { return 1ull << (page % 64); }

template <typename Visit>
void each_bit(uint64_t word, size_t index, Visit&& visit) {
  for (; word != 0; word &= word - 1) visit(static_cast<uint32_t>(index * 64 + std::countr_zero(word)));
}

}  // namespace

DirtyTracker::DirtyTracker(uint64_t arena_size)
    : words_((arena_size / kPageSize + 63) / 64), log_(words_), host_(words_), hot_(words_), to_clear_(words_),
      seen_(arena_size / kPageSize), idle_(seen_.size()) {}

void DirtyTracker::mark_host_write(uint64_t offset, uint64_t length) {
  if (length == 0) return;
  host_wrote_ = true;
  for (uint64_t page = offset / kPageSize; page <= (offset + length - 1) / kPageSize; ++page) {
    host_[page / 64] |= bit_of(static_cast<uint32_t>(page));
  }
}

Status DirtyTracker::collect(Vm& vm) {
  COLONY_TRY(vm.get_dirty_log(log_.data()));
  std::fill_n(log_.begin(), tables_ / 64, 0);
  if (tables_ % 64 != 0) log_[tables_ / 64] &= ~(bit_of(static_cast<uint32_t>(tables_)) - 1);
  return Ok{};
}

Result<std::vector<uint32_t>> DirtyTracker::dirty_pages(Vm& vm, uint64_t end) {
  COLONY_TRY(collect(vm));
  std::vector<uint32_t> out;
  const size_t words = std::min<uint64_t>(words_, (end / kPageSize + 63) / 64);
  for (size_t i = 0; i < words; ++i) {
    each_bit(log_[i] | host_[i] | hot_[i], i, [&](uint32_t page) {
      if (page < end / kPageSize) out.push_back(page);
    });
  }
  return out;
}

void DirtyTracker::restore_page(Arena& arena, const FrozenMemory& frozen, uint32_t page) {
  uint8_t* to = arena.data() + page * kPageSize;
  if (const uint8_t* from = frozen.page(page)) {
    std::memcpy(to, from, kPageSize);
  } else {
    std::memset(to, 0, kPageSize);
  }
}

bool DirtyTracker::promote(uint32_t page) {
  if (seen_[page] < 2) ++seen_[page];
  if (seen_[page] < 2 || hot_list_.size() >= kMostHotPages) return false;
  hot_[page / 64] |= bit_of(page);
  hot_list_.push_back(page);
  return true;
}

Status DirtyTracker::restore_cold(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end) {
  size_t first = words_, last = 0;
  uint32_t run_start = 0, run_length = 0;
  Status failed = Ok{};
  auto flush = [&] {
    if (run_length >= kRevertRun) {
      const Status s = arena.revert(frozen, run_start * kPageSize, (run_start + run_length) * kPageSize);
      if (!s) failed = s;
    } else {
      for (uint32_t i = 0; i < run_length; ++i) restore_page(arena, frozen, run_start + i);
    }
    run_length = 0;
  };
  for (size_t i = 0; i < words_; ++i) {
    const uint64_t cold = (log_[i] | host_[i]) & ~hot_[i];
    if (cold == 0) continue;
    uint64_t clear = log_[i] & ~hot_[i];
    each_bit(cold, i, [&](uint32_t page) {
      if (page >= end / kPageSize) return;  // dropped by the caller; only its bit is cleared
      if (run_length == 0 || page != run_start + run_length) {
        flush();
        run_start = page;
      }
      ++run_length;
      if (promote(page)) clear &= ~bit_of(page);
    });
    to_clear_[i] = clear;
    if (clear != 0) first = std::min(first, i), last = i + 1;
  }
  flush();
  COLONY_TRY(std::move(failed));
  if (first < last) {
    const uint64_t pages = std::min<uint64_t>(last * 64, seen_.size()) - first * 64;
    COLONY_TRY(vm.clear_dirty_log(&to_clear_[first], first * 64, static_cast<uint32_t>(pages)));
    std::fill_n(&to_clear_[first], last - first, 0);
  }
  return Ok{};
}

Result<uint32_t> DirtyTracker::count(Vm& vm) {
  COLONY_TRY(collect(vm));
  counted_ = true;
  uint32_t pages = 0;
  for (size_t i = 0; i < words_; ++i) {
    const uint64_t word = log_[i] | host_[i] | hot_[i];
    // Most words are zero, and popcount is a call on the oldest processors.
    if (word != 0) pages += static_cast<uint32_t>(std::popcount(word));
  }
  return pages;
}

Status DirtyTracker::reset(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end) {
  if (!std::exchange(counted_, false)) COLONY_TRY(collect(vm));
  bool any_cold = host_wrote_;
  for (size_t i = 0; i < words_ && !any_cold; ++i) any_cold = (log_[i] & ~hot_[i]) != 0;
  COLONY_TRY(restore_hot(vm, arena, frozen, end));
  if (any_cold) COLONY_TRY(restore_cold(vm, arena, frozen, end));
  if (host_wrote_) std::fill(host_.begin(), host_.end(), 0), host_wrote_ = false;
  return Ok{};
}

Status DirtyTracker::restore_hot(Vm& vm, Arena& arena, const FrozenMemory& frozen, uint64_t end) {
  if (++resets_ % kSurveyEvery == 0) COLONY_TRY(survey(vm, arena, frozen, end));
  for (const uint32_t page : hot_list_) {
    // A hot page of heap that this run grew was dropped already; it is zero and inaccessible now.
    if (page < end / kPageSize) restore_page(arena, frozen, page);
  }
  return Ok{};
}

// Removes pages from the hot set that were not written for long, and protects them again.
Status DirtyTracker::survey(Vm& vm, const Arena& arena, const FrozenMemory& frozen, uint64_t end) {
  bool demoted = false;
  std::erase_if(hot_list_, [&](uint32_t page) {
    const bool same = page < end / kPageSize && !differs(arena.data() + page * kPageSize, frozen.page(page));
    idle_[page] = same ? idle_[page] + 1 : 0;
    if (idle_[page] < kMostIdle) return false;
    idle_[page] = seen_[page] = 0;
    hot_[page / 64] &= ~bit_of(page);
    to_clear_[page / 64] |= bit_of(page);
    return demoted = true;
  });
  if (!demoted) return Ok{};
  COLONY_TRY(vm.clear_dirty_log(to_clear_.data(), 0, static_cast<uint32_t>(seen_.size())));
  for (size_t i = 0; i < words_; ++i) log_[i] &= ~to_clear_[i];
  std::fill(to_clear_.begin(), to_clear_.end(), 0);
  return Ok{};
}

Status DirtyTracker::clear(Vm& vm, uint64_t tables_size) {
  // The whole log, because a former page table may be another image's data.
  COLONY_TRY(vm.get_dirty_log(log_.data()));
  COLONY_TRY(vm.clear_dirty_log(log_.data(), 0, static_cast<uint32_t>(seen_.size())));
  std::fill(hot_.begin(), hot_.end(), 0);
  std::fill(host_.begin(), host_.end(), 0);
  std::fill(seen_.begin(), seen_.end(), 0);
  std::fill(idle_.begin(), idle_.end(), 0);
  hot_list_.clear();
  tables_ = tables_size / kPageSize;
  host_wrote_ = counted_ = false;
  resets_ = 0;
  return Ok{};
}

}  // namespace colony
