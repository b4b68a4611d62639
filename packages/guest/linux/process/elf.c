#include "elf.h"

#include <asm/errno.h>
#include <linux/mman.h>

#include "../memory/memory.h"

enum { X86_64 = 62, MOST_ALIGN = 2 << 20, MOST_TABLE = 64 * 1024 };
static const uint64_t END_OF_ADDRESSES = (uint64_t)1 << 47;

// True if the part lies in the file. Written so that no sum overflows.
static bool in_file(struct bytes file, uint64_t offset, uint64_t length) {
  return offset <= file.length && length <= file.length - offset;
}

Elf64_Phdr elf_segment(const struct elf *elf, size_t number) {
  Elf64_Phdr segment;
  memcpy(&segment, elf->file.data + elf->header.e_phoff + number * sizeof segment, sizeof segment);
  return segment;
}

static bool good_header(const struct elf *elf) {
  const Elf64_Ehdr *header = &elf->header;
  const unsigned char *ident = header->e_ident;
  bool kind = memcmp(ident, ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS64 && ident[EI_DATA] == ELFDATA2LSB;
  bool type = header->e_type == ET_EXEC || header->e_type == ET_DYN;
  return kind && type && header->e_machine == X86_64 && header->e_phentsize == sizeof(Elf64_Phdr);
}

static bool good_table(const struct elf *elf) {
  uint64_t length = (uint64_t)elf->header.e_phnum * sizeof(Elf64_Phdr);
  return length > 0 && length <= MOST_TABLE && in_file(elf->file, elf->header.e_phoff, length);
}

static int64_t check_segment(const struct elf *elf, const Elf64_Phdr *segment) {
  if (segment->p_memsz < segment->p_filesz) return -EINVAL;
  if ((segment->p_vaddr - segment->p_offset) % PAGE != 0) return -EINVAL;
  if (segment->p_vaddr > END_OF_ADDRESSES || segment->p_memsz > END_OF_ADDRESSES - segment->p_vaddr) return -ENOMEM;
  return in_file(elf->file, segment->p_offset, segment->p_filesz) ? 0 : -ENOEXEC;
}

static uint64_t more(uint64_t a, uint64_t b) { return a > b ? a : b; }

// Alignment beyond a huge page, or one that is not a power of two, is ignored as Linux does.
static uint64_t alignment(const Elf64_Phdr *segment) {
  uint64_t align = segment->p_align;
  bool good = align > PAGE && align <= MOST_ALIGN && (align & (align - 1)) == 0;
  return good ? align : PAGE;
}

static bool has_table(const struct elf *elf, const Elf64_Phdr *segment) {
  uint64_t offset = elf->header.e_phoff;
  return offset >= segment->p_offset && offset - segment->p_offset < segment->p_filesz;
}

static void include(struct elf *elf, const Elf64_Phdr *segment) {
  uint64_t start = page_down(segment->p_vaddr), end = segment->p_vaddr + segment->p_memsz;
  elf->low = start < elf->low ? start : elf->low;
  elf->end = more(elf->end, end);
  elf->high = page_up(elf->end);
  elf->align = more(elf->align, alignment(segment));
  if (has_table(elf, segment)) elf->table = segment->p_vaddr + (elf->header.e_phoff - segment->p_offset);
}

static int64_t read_segments(struct elf *elf) {
  for (size_t i = 0; i < elf->header.e_phnum; i++) {
    Elf64_Phdr segment = elf_segment(elf, i);
    if (segment.p_type != PT_LOAD) continue;
    int64_t error = check_segment(elf, &segment);
    if (error < 0) return error;
    include(elf, &segment);
  }
  return elf->low < elf->high ? 0 : -EINVAL;
}

int64_t elf_read(struct bytes file, struct elf *elf) {
  *elf = (struct elf){.file = file, .low = UINT64_MAX, .align = PAGE};
  if (file.length < sizeof elf->header) return -ENOEXEC;
  memcpy(&elf->header, file.data, sizeof elf->header);
  if (!good_header(elf) || !good_table(elf)) return -ENOEXEC;
  elf->fixed = elf->header.e_type == ET_EXEC;
  return read_segments(elf);
}

static int64_t copy_path(const struct elf *elf, const Elf64_Phdr *segment, char *path) {
  uint64_t length = segment->p_filesz;
  if (length < 2 || length > LONGEST_PATH || !in_file(elf->file, segment->p_offset, length)) return -ENOEXEC;
  memcpy(path, elf->file.data + segment->p_offset, length);
  return path[length - 1] == 0 ? 0 : -ENOEXEC;
}

int64_t elf_interpreter(const struct elf *elf, char *path) {
  path[0] = 0;
  for (size_t i = 0; i < elf->header.e_phnum; i++) {
    Elf64_Phdr segment = elf_segment(elf, i);
    if (segment.p_type == PT_INTERP) return copy_path(elf, &segment, path);
  }
  return 0;
}

static uint64_t protection_of(const Elf64_Phdr *segment) {
  uint32_t flags = segment->p_flags;
  return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) | (flags & PF_X ? PROT_EXEC : 0);
}

static void protect_segment(const Elf64_Phdr *segment, uint64_t bias) {
  uint64_t address = segment->p_vaddr + bias, start = page_down(address);
  sys_mprotect((const uint64_t[6]){start, page_up(address + segment->p_memsz) - start, protection_of(segment)});
}

static void copy_bytes(const struct elf *elf, const Elf64_Phdr *segment, uint64_t bias) {
  memcpy((void *)(segment->p_vaddr + bias), elf->file.data + segment->p_offset, segment->p_filesz);
}

// The rest of a segment is zero if its memory was taken just before. A kept one was used.
static void copy_again(const struct elf *elf, const Elf64_Phdr *segment, uint64_t bias) {
  if ((segment->p_flags & PF_W) == 0) return;
  copy_bytes(elf, segment, bias);
  memset((void *)(segment->p_vaddr + bias + segment->p_filesz), 0, segment->p_memsz - segment->p_filesz);
}

static void copy_segment(const struct elf *elf, const Elf64_Phdr *segment, uint64_t bias, bool kept) {
  if (kept) copy_again(elf, segment, bias);
  protect_segment(segment, bias);
  if (!kept) copy_bytes(elf, segment, bias);
}

void elf_copy(const struct elf *elf, uint64_t bias, bool kept) {
  for (size_t i = 0; i < elf->header.e_phnum; i++) {
    Elf64_Phdr segment = elf_segment(elf, i);
    if (segment.p_type == PT_LOAD && segment.p_memsz > 0) copy_segment(elf, &segment, bias, kept);
  }
}

// The segments' end, as far as their headers lie within the first bytes. elf_read checks everything later.
static uint64_t end_of_segments(const uint8_t *first, size_t length, const Elf64_Ehdr *header) {
  uint64_t end = 0;
  for (size_t i = 0; i < header->e_phnum; i++) {
    Elf64_Phdr segment;
    uint64_t at = i * sizeof segment;
    if (header->e_phoff > length || length - header->e_phoff < at + sizeof segment) break;
    memcpy(&segment, first + header->e_phoff + at, sizeof segment);
    uint64_t last = segment.p_vaddr + segment.p_memsz;
    if (segment.p_type == PT_LOAD && last >= segment.p_vaddr && last > end) end = last;
  }
  return end;
}

uint64_t process_fixed_end(const uint8_t *first, size_t length) {
  Elf64_Ehdr header;
  if (length < sizeof header) return 0;
  memcpy(&header, first, sizeof header);
  return header.e_type == ET_EXEC ? end_of_segments(first, length, &header) : 0;
}
