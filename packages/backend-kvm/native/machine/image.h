// Virtine images: static ELF64 executables with a Colony note, checked as hostile input.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "memory/layout.h"

namespace colony {

// Function names by address, for fault reports.
class Symbols {
 public:
  struct Entry {
    uint64_t address;
    uint64_t size;
    std::string name;
  };
  explicit Symbols(std::vector<Entry> entries);
  // "name+0x1f", or an empty string.
  std::string describe(uint64_t address) const;
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;  // ascending
};

struct Image {
  struct Load {
    uint64_t address;                // guest virtual
    std::span<const uint8_t> bytes;  // within the ELF file; the rest of the segment is zero
  };
  LayoutRequest request;
  std::vector<Load> loads;
  std::shared_ptr<const Symbols> symbols;
};

// Refuses every image that differs from the description in contracts.md with kBadImage. The result refers to `elf`.
Result<Image> parse_image(std::span<const uint8_t> elf);

}  // namespace colony
