#include "memory/frozen.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <map>

namespace colony {
namespace {

// Past this many own pages (2 MiB) a file is better: shells then share the pages instead of copying them.
constexpr size_t kMostDeltaPages = 512;

constexpr uint8_t kZeros[kPageSize] = {};

}  // namespace

bool is_zero_page(const uint8_t* page) { return std::memcmp(page, kZeros, kPageSize) == 0; }

bool differs(const uint8_t* now, const uint8_t* before) {
  return before != nullptr ? std::memcmp(now, before, kPageSize) != 0 : !is_zero_page(now);
}

Result<std::shared_ptr<const MemoryFile>> MemoryFile::create(const std::vector<const uint8_t*>& pages) {
  auto file = std::make_shared<MemoryFile>();
  file->fd_ = UniqueFd(::memfd_create("colony-snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file->fd_) return system_error(Code::kInternal, "memfd_create");
  COLONY_TRY(file->write(pages));
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
  if (::fcntl(file->fd(), F_ADD_SEALS, seals) != 0) return system_error(Code::kInternal, "F_ADD_SEALS");
  auto view = Mapping::map(file->size(), PROT_READ, MAP_PRIVATE, file->fd());
  if (!view) return view.error();
  file->view_ = view.take();
  return std::shared_ptr<const MemoryFile>(std::move(file));
}

Status MemoryFile::write(const std::vector<const uint8_t*>& pages) {
  for (size_t i = 0; i < pages.size(); ++i) {
    if (pages[i] == nullptr || is_zero_page(pages[i])) continue;
    if (::pwrite(fd(), pages[i], kPageSize, static_cast<off_t>(i * kPageSize)) != static_cast<ssize_t>(kPageSize)) {
      return system_error(Code::kInternal, "pwrite to the snapshot");
    }
    present_.resize(i + 1);
    present_[i] = true;
  }
  return Ok{};
}

std::shared_ptr<const FrozenMemory> FrozenMemory::from_file(std::shared_ptr<const MemoryFile> base) {
  auto out = std::make_shared<FrozenMemory>();
  out->source_.resize(base->size() / kPageSize);
  for (size_t i = 0; i < out->source_.size(); ++i) out->source_[i] = base->page(i);
  out->base_ = std::move(base);
  return out;
}

void FrozenMemory::add_block(std::shared_ptr<const PageBlock> block) {
  const auto& pages = block->pages;
  if (pages.empty()) return;
  if (source_.size() <= pages.back()) source_.resize(pages.back() + 1, nullptr);
  for (size_t i = 0; i < pages.size(); ++i) source_[pages[i]] = block->bytes.get() + i * kPageSize;
  std::vector<uint32_t> merged;
  std::set_union(delta_.begin(), delta_.end(), pages.begin(), pages.end(), std::back_inserter(merged));
  delta_ = std::move(merged);
  blocks_.push_back(std::move(block));
}

uint64_t FrozenMemory::own_bytes() const {
  const uint64_t tables = source_.size() * sizeof(source_[0]) + delta_.size() * sizeof(delta_[0]);
  return tables + (blocks_.empty() ? 0 : blocks_.back()->pages.size() * kPageSize);
}

namespace {

std::shared_ptr<const PageBlock> copy_pages(const std::map<uint32_t, const uint8_t*>& pages) {
  auto block = std::make_shared<PageBlock>();
  block->bytes = std::make_unique_for_overwrite<uint8_t[]>(pages.size() * kPageSize);
  for (const auto& [page, bytes] : pages) {
    std::memcpy(block->bytes.get() + block->pages.size() * kPageSize, bytes, kPageSize);
    block->pages.push_back(page);
  }
  return block;
}

}  // namespace

Result<std::shared_ptr<const FrozenMemory>> FrozenMemory::derive(const FrozenMemory& parent, const uint8_t* arena,
                                                                 const std::vector<uint32_t>& pages, bool own_file) {
  std::map<uint32_t, const uint8_t*> own;
  if (parent.blocks_.size() == 2) {
    for (const uint32_t page : parent.blocks_[1]->pages) own[page] = parent.page(page);
  }
  for (const uint32_t page : pages) {
    const uint8_t* now = arena + uint64_t{page} * kPageSize;
    if (differs(now, parent.page(page))) own[page] = now;
  }
  auto out = std::make_shared<FrozenMemory>(*from_file(parent.base_));
  if (!parent.blocks_.empty()) out->add_block(parent.blocks_[0]);
  out->add_block(copy_pages(own));
  if (!own_file && own.size() <= kMostDeltaPages) return std::shared_ptr<const FrozenMemory>(std::move(out));

  auto file = MemoryFile::create(out->source_);
  if (!file) return file.error();
  return from_file(file.take());
}

}  // namespace colony
