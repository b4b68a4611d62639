// Frozen guest memory, which snapshots hold and resets restore. Immutable, shared between threads.
//
// A base file (sealed memfd, shared by every shell and every snapshot made on top of it) plus the pages that
// differ from it. A program's snapshot on top of the engine's costs only the pages that its evaluation wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/os.h"

namespace colony {

// Read-only bytes that can be mapped copy-on-write into an arena.
class MemoryFile {
 public:
  // Copies the pages into a new sealed memfd. A nullptr is a page of zeros; such pages stay holes, and the file ends with
  // the last other page. So only pages with content cost memory: a guest may have gigabytes of zeros.
  static Result<std::shared_ptr<const MemoryFile>> create(const std::vector<const uint8_t*>& pages);

  int fd() const { return fd_.get(); }
  uint64_t size() const { return uint64_t{kPageSize} * present_.size(); }
  // The content of a page, or nullptr for a hole.
  const uint8_t* page(size_t number) const { return present_[number] ? view_.data() + number * kPageSize : nullptr; }

 private:
  Status write(const std::vector<const uint8_t*>& pages);

  UniqueFd fd_;
  std::vector<bool> present_;
  Mapping view_;
};

// Copies of single pages, shared by the frozen memories that were derived from the one that made them.
struct PageBlock {
  std::vector<uint32_t> pages;  // ascending page numbers
  std::unique_ptr<uint8_t[]> bytes;
};

class FrozenMemory {
 public:
  static std::shared_ptr<const FrozenMemory> from_file(std::shared_ptr<const MemoryFile> base);

  // `parent` with the given pages (ascending page numbers of `arena`) replaced by the arena's content.
  // Pages that do not differ are left out; the parent's own copies are shared. The result is a file of its own if the caller
  // asks for that (because much will be derived from it), or if there are many such pages.
  static Result<std::shared_ptr<const FrozenMemory>> derive(const FrozenMemory& parent, const uint8_t* arena,
                                                            const std::vector<uint32_t>& pages, bool own_file);

  // The content of a page, or nullptr for zeros.
  const uint8_t* page(uint32_t number) const { return number < source_.size() ? source_[number] : nullptr; }
  uint32_t pages() const { return static_cast<uint32_t>(source_.size()); }
  const MemoryFile& base() const { return *base_; }
  // Pages that differ from the base file, ascending.
  const std::vector<uint32_t>& delta() const { return delta_; }
  // Bytes held that no other frozen memory can share.
  uint64_t own_bytes() const;

 private:
  void add_block(std::shared_ptr<const PageBlock> block);

  std::shared_ptr<const MemoryFile> base_;
  // At most two: the pages of the start state (shared by all contexts of a program), and the rest.
  std::vector<std::shared_ptr<const PageBlock>> blocks_;
  std::vector<uint32_t> delta_;
  std::vector<const uint8_t*> source_;
};

bool is_zero_page(const uint8_t* page);
// Whether two pages differ; nullptr is a page of zeros.
bool differs(const uint8_t* now, const uint8_t* before);

}  // namespace colony
