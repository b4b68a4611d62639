#include "memory/frozen.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>

namespace colony {
namespace {

// Past this many own pages (2 MiB) a file is better: shells then share the pages instead of copying them.
constexpr size_t kMostDeltaPages = 512;

constexpr uint8_t kZeros[kPageSize] = {};

}  // namespace

bool is_zero_page(const uint8_t* page) { return std::memcmp(page, kZeros, kPageSize) == 0; }

Result<std::shared_ptr<const MemoryFile>> MemoryFile::create(const uint8_t* bytes, uint64_t size) {
  auto file = std::make_shared<MemoryFile>();
  file->size_ = size;
  file->fd_ = UniqueFd(::memfd_create("colony-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file->fd_) return system_error(Code::kInternal, "memfd_create");
  if (::ftruncate(file->fd(), static_cast<off_t>(size)) != 0) return system_error(Code::kInternal, "ftruncate");
  for (uint64_t at = 0; at < size; at += kPageSize) {
    if (is_zero_page(bytes + at)) continue;
    if (::pwrite(file->fd(), bytes + at, kPageSize, static_cast<off_t>(at)) != static_cast<ssize_t>(kPageSize)) {
      return system_error(Code::kInternal, "pwrite to the snapshot");
    }
  }
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file->fd(), F_ADD_SEALS, seals) != 0) return system_error(Code::kInternal, "F_ADD_SEALS");
  auto view = Mapping::map(size, PROT_READ, MAP_PRIVATE, file->fd());
  if (!view) return view.error();
  file->view_ = view.take();
  return std::shared_ptr<const MemoryFile>(std::move(file));
}

std::shared_ptr<const FrozenMemory> FrozenMemory::from_file(std::shared_ptr<const MemoryFile> base) {
  auto out = std::make_shared<FrozenMemory>();
  out->base_ = std::move(base);
  out->index();
  return out;
}

void FrozenMemory::index() {
  const size_t pages = base_->size() / kPageSize;
  source_.assign(delta_.empty() ? pages : std::max<size_t>(pages, delta_.back() + 1), nullptr);
  for (size_t i = 0; i < pages; ++i) source_[i] = base_->data() + i * kPageSize;
  for (size_t i = 0; i < delta_.size(); ++i) source_[delta_[i]] = delta_bytes_.get() + i * kPageSize;
}

Result<std::shared_ptr<const FrozenMemory>> FrozenMemory::derive(const FrozenMemory& parent, const uint8_t* arena,
                                                                 const std::vector<uint32_t>& pages, bool own_file) {
  std::vector<std::pair<uint32_t, const uint8_t*>> merged;
  std::vector<uint32_t> changed;
  for (uint32_t page : pages) {
    const uint8_t* now = arena + page * kPageSize;
    const uint8_t* before = parent.page(page);
    if (before != nullptr ? std::memcmp(now, before, kPageSize) != 0 : !is_zero_page(now)) changed.push_back(page);
  }
  for (uint32_t page : parent.delta_) {
    if (!std::binary_search(changed.begin(), changed.end(), page)) merged.emplace_back(page, parent.page(page));
  }
  for (uint32_t page : changed) merged.emplace_back(page, arena + page * kPageSize);
  std::sort(merged.begin(), merged.end());

  auto out = std::make_shared<FrozenMemory>();
  out->base_ = parent.base_;
  out->delta_bytes_ = std::make_unique_for_overwrite<uint8_t[]>(merged.size() * kPageSize);
  for (const auto& [page, bytes] : merged) {
    std::memcpy(out->delta_bytes_.get() + out->delta_.size() * kPageSize, bytes, kPageSize);
    out->delta_.push_back(page);
  }
  out->index();
  if (!own_file && merged.size() <= kMostDeltaPages) return std::shared_ptr<const FrozenMemory>(std::move(out));

  std::vector<uint8_t> whole(out->source_.size() * kPageSize);
  for (size_t i = 0; i < out->source_.size(); ++i) {
    if (out->source_[i] != nullptr) std::memcpy(whole.data() + i * kPageSize, out->source_[i], kPageSize);
  }
  auto file = MemoryFile::create(whole.data(), whole.size());
  if (!file) return file.error();
  return from_file(file.take());
}

}  // namespace colony
