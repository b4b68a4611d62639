#include "machine/image.h"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "base/abi.generated.h"

namespace colony {
namespace {

constexpr size_t kMostSymbols = 65536;
constexpr size_t kMostHeaders = 64;
constexpr size_t kLongestName = 256;

Error bad(std::string what) { return make_error(Code::kBadImage, "not a virtine image: " + std::move(what)); }

// A private copy of a T at `offset`, or false when it does not lie within the bytes.
template <typename T>
bool read_at(std::span<const uint8_t> bytes, uint64_t offset, T& out) {
  if (offset > bytes.size() || bytes.size() - offset < sizeof(T)) return false;
  std::memcpy(&out, bytes.data() + offset, sizeof(T));
  return true;
}

bool sub_span(std::span<const uint8_t> bytes, uint64_t offset, uint64_t size, std::span<const uint8_t>& out) {
  if (offset > bytes.size() || size > bytes.size() - offset) return false;
  out = bytes.subspan(offset, size);
  return true;
}

Status check_header(const Elf64_Ehdr& h) {
  if (std::memcmp(h.e_ident, ELFMAG, SELFMAG) != 0) return bad("no ELF magic");
  if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB)
    return bad("not 64-bit little-endian ELF");
  if (h.e_machine != EM_X86_64) return bad("not for x86-64");
  if (h.e_type != ET_EXEC) return bad("not a static, position-dependent executable (link with -static -no-pie)");
  if (h.e_phentsize != sizeof(Elf64_Phdr) || h.e_phnum == 0 || h.e_phnum > kMostHeaders)
    return bad("bad program headers");
  return Ok{};
}

struct ColonyNote {
  uint32_t abi;
  uint32_t flags;
  uint64_t stack_size;
  uint64_t heap_base;
  uint64_t heap_initial;
  uint64_t resume;
};
static_assert(sizeof(ColonyNote) == 40, "the note's layout is part of the ABI: see contracts.md");

// The note of an image for Linux programs is longer.
struct LinuxNote {
  ColonyNote common;
  uint64_t system_call;
  uint64_t exceptions;
  uint64_t exception_stack;
};
static_assert(sizeof(LinuxNote) == 64, "the note's layout is part of the ABI: see contracts.md");

// Reads a note's content, whose flags decide its size.
bool read_note(std::span<const uint8_t> notes, uint64_t at, uint64_t size, LinuxNote& out) {
  if (!read_at(notes, at, out.common)) return false;
  if (out.common.flags == 0) return size == sizeof out.common;
  return size == sizeof out && read_at(notes, at, out);
}

// The Colony note among the notes of one segment.
bool find_note(std::span<const uint8_t> notes, LinuxNote& out) {
  uint64_t at = 0;
  Elf64_Nhdr header;
  while (read_at(notes, at, header)) {
    const uint64_t name_at = at + sizeof header;
    const uint64_t desc_at = name_at + ((uint64_t{header.n_namesz} + 3) & ~3ull);
    std::span<const uint8_t> name;
    if (!sub_span(notes, name_at, header.n_namesz, name)) return false;
    const bool ours = header.n_type == kNoteType && name.size() == sizeof kNoteName &&
                      std::memcmp(name.data(), kNoteName, name.size()) == 0;
    if (ours) return read_note(notes, desc_at, header.n_descsz, out);
    at = desc_at + ((uint64_t{header.n_descsz} + 3) & ~3ull);
  }
  return false;
}

Status add_load(const Elf64_Phdr& p, std::span<const uint8_t> elf, Image& image) {
  if (p.p_memsz == 0) return Ok{};
  if (p.p_filesz > p.p_memsz) return bad("a segment's file size exceeds its memory size");
  if (p.p_memsz > kImageLimit) return bad("a segment is too large");
  if ((p.p_flags & PF_W) != 0 && (p.p_flags & PF_X) != 0) return bad("a segment is both writable and executable");
  if (!page_aligned(p.p_vaddr)) return bad("a segment does not start on a page");
  std::span<const uint8_t> bytes;
  if (!sub_span(elf, p.p_offset, p.p_filesz, bytes)) return bad("a segment lies outside the file");
  const Prot prot = (p.p_flags & PF_X) != 0   ? Prot::kReadExecute
                    : (p.p_flags & PF_W) != 0 ? Prot::kReadWrite
                                              : Prot::kRead;
  image.request.segments.push_back({p.p_vaddr, page_up(p.p_memsz), prot});
  image.loads.push_back({p.p_vaddr, bytes});
  return Ok{};
}

Status read_segments(const Elf64_Ehdr& h, std::span<const uint8_t> elf, Image& image) {
  LinuxNote linux_note{};
  bool noted = false;
  for (unsigned i = 0; i < h.e_phnum; ++i) {
    Elf64_Phdr p;
    if (!read_at(elf, h.e_phoff + uint64_t{i} * sizeof p, p)) return bad("program headers lie outside the file");
    if (p.p_type == PT_INTERP || p.p_type == PT_DYNAMIC) return bad("it is dynamically linked");
    if (p.p_type == PT_LOAD) COLONY_TRY(add_load(p, elf, image));
    std::span<const uint8_t> notes;
    if (p.p_type == PT_NOTE && sub_span(elf, p.p_offset, p.p_filesz, notes))
      noted = noted || find_note(notes, linux_note);
  }
  if (!noted) return bad("it has no Colony note (link with boot/virtine/note.S of @colony/guest)");
  const ColonyNote& note = linux_note.common;
  if ((note.flags & ~kNoteFlagLinux) != 0) return bad("its note has flags that this version does not know");
  if (note.abi != kAbiVersion)
    return bad("it is made for ABI version " + std::to_string(note.abi) + ", not " + std::to_string(kAbiVersion));
  image.request.stack_size = note.stack_size;
  image.request.heap_base = note.heap_base;
  image.request.heap_initial = note.heap_initial;
  image.request.resume = note.resume;
  image.request.entry = h.e_entry;
  if ((note.flags & kNoteFlagLinux) != 0)
    image.request.traps = TrapEntries{linux_note.system_call, linux_note.exceptions, linux_note.exception_stack};
  return Ok{};
}

// Reads function symbols. Odd ones are left out, because they only help people. It reads one table, with bounds on the
// number of inspected and stored symbols: a file may claim any number of tables, symbols and letters.
std::shared_ptr<const Symbols> read_symbols(const Elf64_Ehdr& h, std::span<const uint8_t> elf) {
  std::vector<Symbols::Entry> out;
  Elf64_Shdr table, names;
  for (unsigned i = 0; i < h.e_shnum && h.e_shentsize == sizeof table; ++i) {
    if (!read_at(elf, h.e_shoff + uint64_t{i} * sizeof table, table)) break;
    if (table.sh_type != SHT_SYMTAB || table.sh_link >= h.e_shnum) continue;
    if (!read_at(elf, h.e_shoff + uint64_t{table.sh_link} * sizeof names, names)) break;
    std::span<const uint8_t> text;
    if (!sub_span(elf, names.sh_offset, names.sh_size, text)) break;
    Elf64_Sym symbol;
    const uint64_t end = std::min<uint64_t>(table.sh_size, kMostSymbols * sizeof symbol);
    for (uint64_t at = 0; at < end; at += sizeof symbol) {
      if (!read_at(elf, table.sh_offset + at, symbol)) break;
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_name >= text.size()) continue;
      const auto* name = reinterpret_cast<const char*>(text.data()) + symbol.st_name;
      out.push_back({symbol.st_value, symbol.st_size,
                     std::string(name, strnlen(name, std::min(text.size() - symbol.st_name, kLongestName)))});
    }
    break;
  }
  return std::make_shared<const Symbols>(std::move(out));
}

}  // namespace

Symbols::Symbols(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.address < b.address; });
}

std::string Symbols::describe(uint64_t address) const {
  auto it = std::upper_bound(entries_.begin(), entries_.end(), address,
                             [](uint64_t value, const Entry& e) { return value < e.address; });
  if (it == entries_.begin()) return {};
  --it;
  const uint64_t offset = address - it->address;
  if (it->size != 0 ? offset >= it->size : offset >= kPageSize) return {};
  char hex[20];
  std::snprintf(hex, sizeof hex, "+0x%llx", static_cast<unsigned long long>(offset));
  return it->name + hex;
}

Result<Image> parse_image(std::span<const uint8_t> elf) {
  Elf64_Ehdr header;
  if (!read_at(elf, 0, header)) return bad("too short");
  COLONY_TRY(check_header(header));
  Image image;
  COLONY_TRY(read_segments(header, elf, image));
  image.symbols = read_symbols(header, elf);
  return image;
}

}  // namespace colony
