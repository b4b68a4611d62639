#include "memory/arena.h"

#include <algorithm>
#include <cstring>

namespace colony {
namespace {

constexpr int kAnonymous = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

// Children that the host forks must not get guest memory. Each mapping is marked so, also the growth of a heap.
Status map_at(uint8_t* at, uint64_t size, int prot, int flags, int fd) {
  if (size == 0) return Ok{};
  if (::mmap(at, size, prot, flags | MAP_FIXED, fd, 0) == MAP_FAILED)
    return system_error(Code::kInternal, "mmap into the arena");
  ::madvise(at, size, MADV_DONTFORK);
  return Ok{};
}

void copy_delta(const FrozenMemory& frozen, uint8_t* memory, uint64_t from, uint64_t to) {
  const auto& delta = frozen.delta();
  auto it = std::lower_bound(delta.begin(), delta.end(), from / kPageSize);
  for (; it != delta.end() && *it < to / kPageSize; ++it) {
    std::memcpy(memory + *it * kPageSize, frozen.page(*it), kPageSize);
  }
}

}  // namespace

Result<Arena> Arena::create(uint64_t size) {
  auto memory = Mapping::map(size, PROT_NONE, kAnonymous, -1);
  if (!memory) return memory.error();
  Arena out;
  out.memory_ = memory.take();
  ::madvise(out.data(), size, MADV_DONTFORK);
  return out;
}

Status Arena::bind(const FrozenMemory& frozen, uint64_t end) {
  const uint64_t file = std::min(frozen.base().size(), end);
  COLONY_TRY(map_at(data(), file, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, frozen.base().fd()));
  COLONY_TRY(map_at(data() + file, end - file, PROT_READ | PROT_WRITE, kAnonymous, -1));
  if (bound_ > end) COLONY_TRY(map_at(data() + end, bound_ - end, PROT_NONE, kAnonymous, -1));
  bound_ = end;
  copy_delta(frozen, data(), 0, end);
  return Ok{};
}

Status Arena::extend(uint64_t from, uint64_t to) {
  if (::mprotect(data() + from, to - from, PROT_READ | PROT_WRITE) != 0)
    return system_error(Code::kInternal, "mprotect");
  bound_ = std::max(bound_, to);
  return Ok{};
}

Status Arena::shrink(uint64_t from, uint64_t to) { return map_at(data() + from, to - from, PROT_NONE, kAnonymous, -1); }

Status Arena::revert(const FrozenMemory& frozen, uint64_t from, uint64_t to) {
  if (::madvise(data() + from, to - from, MADV_DONTNEED) != 0) return system_error(Code::kInternal, "madvise");
  copy_delta(frozen, data(), from, to);
  return Ok{};
}

}  // namespace colony
