// The ELF loader against hostile files.
#include <elf.h>

#include <cstring>
#include <random>

#include "base/abi.generated.h"
#include "machine/snapshot.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("image");

namespace {

struct Elf {
  Bytes bytes = lab_elf();
  Elf64_Ehdr& header() { return *reinterpret_cast<Elf64_Ehdr*>(bytes.data()); }
  Elf64_Phdr& program(unsigned i) { return reinterpret_cast<Elf64_Phdr*>(bytes.data() + header().e_phoff)[i]; }
  Elf64_Shdr& section(unsigned i) { return reinterpret_cast<Elf64_Shdr*>(bytes.data() + header().e_shoff)[i]; }
  Elf64_Shdr& section_of(uint32_t type) {
    for (unsigned i = 0; i < header().e_shnum; ++i) {
      if (section(i).sh_type == type) return section(i);
    }
    FAIL("no such section");
    return section(0);
  }
  // Sets a number of the note's descriptor.
  template <typename T>
  void note(size_t offset, T value) {
    std::memcpy(bytes.data() + program(3).p_offset + sizeof(Elf64_Nhdr) + 8 + offset, &value, sizeof value);
  }
};

// Empty for an image that makes a snapshot, otherwise the refusal.
std::string refusal(const Bytes& elf) {
  auto image = parse_image(elf);
  if (!image) {
    CHECK(image.error().code == Code::kBadImage);
    return image.error().message;
  }
  auto snapshot = snapshot_of_image(image.value());
  if (snapshot) return {};
  CHECK(snapshot.error().code == Code::kBadImage);
  return snapshot.error().message;
}

std::string refusal(const std::function<void(Elf&)>& mutate) {
  Elf elf;
  mutate(elf);
  return refusal(elf.bytes);
}

}  // namespace

TEST_CASE("the test guest loads") {
  CHECK(refusal(lab_elf()).empty());
  auto image = parse_image(lab_elf());
  REQUIRE(image.ok());
  CHECK(image.value().request.heap_initial == 0x40000);
  CHECK(image.value().request.stack_size == 0x20000);
  CHECK(image.value().symbols->describe(image.value().request.entry) == "_start+0x0");
  CHECK(image.value().symbols->describe(0).empty());
  CHECK(image.value().symbols->describe(UINT64_MAX).empty());
}

TEST_CASE("an image that is truncated anywhere is refused or loads") {
  for (size_t size = 0; size < lab_elf().size(); size += size < 1024 ? 1 : 509) {
    Bytes cut(lab_elf().begin(), lab_elf().begin() + static_cast<long>(size));
    if (size <= 0x3000) CHECK(!refusal(cut).empty());
    else refusal(cut);
  }
}

TEST_CASE("header fields") {
  CHECK(!refusal([](Elf& e) { e.header().e_ident[0] = 0; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_ident[EI_CLASS] = ELFCLASS32; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_ident[EI_DATA] = ELFDATA2MSB; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_machine = EM_AARCH64; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_type = ET_DYN; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_phnum = 0; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_phnum = 65535; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_phentsize = 55; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_phoff = UINT64_MAX - 8; }).empty());
  CHECK(!refusal([](Elf& e) { e.header().e_phoff = e.bytes.size() - 1; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_type = PT_INTERP; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_type = PT_DYNAMIC; }).empty());
}

TEST_CASE("entry and resume must be in the text") {
  for (const uint64_t address :
       {uint64_t{0}, uint64_t{0x3fffff}, uint64_t{0x401000}, uint64_t{0x402000}, kImageLimit, UINT64_MAX}) {
    CHECK(!refusal([&](Elf& e) { e.header().e_entry = address; }).empty());
    CHECK(!refusal([&](Elf& e) { e.note<uint64_t>(32, address); }).empty());
  }
}

TEST_CASE("segments") {
  CHECK(!refusal([](Elf& e) { e.program(0).p_flags = PF_R | PF_W | PF_X; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(1).p_vaddr = e.program(0).p_vaddr; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_memsz = 0x1001; }).empty());  // reaches into the page of the next one
  CHECK(!refusal([](Elf& e) { e.program(0).p_vaddr = kImageBase - 4096; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_vaddr += 8; }).empty());
  CHECK(!refusal([](Elf& e) { std::swap(e.program(0), e.program(1)); }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_vaddr = kImageLimit; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_vaddr = UINT64_MAX - 4095; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_memsz = UINT64_MAX; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_memsz = UINT64_MAX - 4094; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_memsz = kImageLimit; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(2).p_filesz = e.program(2).p_memsz + 1; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_offset = UINT64_MAX; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(0).p_offset = e.bytes.size() - 8; }).empty());
  CHECK(!refusal([](Elf& e) {
           for (int i = 0; i < 3; ++i) e.program(i).p_memsz = e.program(i).p_filesz = 0;
         }).empty());
}

TEST_CASE("the note") {
  CHECK(!refusal([](Elf& e) { e.program(3).p_type = PT_NULL; }).empty());
  CHECK(!refusal([](Elf& e) { e.program(3).p_offset = UINT64_MAX - 4; }).empty());
  for (const uint64_t size : {0, 1, 11, 12, 20, 59})
    CHECK(!refusal([&](Elf& e) { e.program(3).p_filesz = size; }).empty());
  for (const uint32_t size : {0u, 39u, 41u, 0xfffffffcu, 0xffffffffu}) {
    CHECK(!refusal([&](Elf& e) {
             reinterpret_cast<Elf64_Nhdr*>(e.bytes.data() + e.program(3).p_offset)->n_descsz = size;
           }).empty());
    CHECK(!refusal([&](Elf& e) {
             reinterpret_cast<Elf64_Nhdr*>(e.bytes.data() + e.program(3).p_offset)->n_namesz = size;
           }).empty());
  }
  CHECK(!refusal([](Elf& e) { e.note<uint32_t>(0, 2); }).empty());
  CHECK(!refusal([](Elf& e) { e.note<uint32_t>(4, 1); }).empty());  // flags that this host does not know
  for (const uint64_t bad : {uint64_t{1}, kMaxStack + 4096, UINT64_MAX - 4095, uint64_t{0}}) {
    CHECK(!refusal([&](Elf& e) { e.note<uint64_t>(8, bad); }).empty());
  }
  for (const uint64_t bad : {uint64_t{4096}, kImageBase, kWasmHeapBase + 4096, UINT64_MAX}) {
    CHECK(!refusal([&](Elf& e) { e.note<uint64_t>(16, bad); }).empty());
  }
  for (const uint64_t bad : {uint64_t{1}, UINT64_MAX - 4095, kWasmAddressSpace}) {
    CHECK(!refusal([&](Elf& e) { e.note<uint64_t>(24, bad); }).empty());
  }
}

TEST_CASE("an image at the very end of its range loads, with either heap") {
  for (const uint64_t heap : {uint64_t{0}, kWasmHeapBase}) {
    CHECK_MESSAGE(refusal([&](Elf& e) {
                    e.program(2).p_vaddr = kImageLimit - (64 << 12);
                    e.note<uint64_t>(16, heap);
                    e.note<uint64_t>(8, kMaxStack);
                  }) == "",
                  heap);
  }
}

TEST_CASE("hostile symbols cost neither memory nor time") {
  Elf elf;
  // A table of a million symbols, each naming the same megabytes of unterminated text.
  const uint64_t names = elf.bytes.size();
  elf.bytes.resize(names + (4 << 20), 'A');
  const uint64_t symbols = elf.bytes.size();
  const Elf64_Sym symbol{0, ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), 0, 1, 0x400000, 16};
  for (int i = 0; i < 200'000; ++i) {
    elf.bytes.insert(elf.bytes.end(), reinterpret_cast<const uint8_t*>(&symbol),
                     reinterpret_cast<const uint8_t*>(&symbol + 1));
  }
  elf.section_of(SHT_STRTAB).sh_offset = names, elf.section_of(SHT_STRTAB).sh_size = 4 << 20;
  Elf64_Shdr& table = elf.section_of(SHT_SYMTAB);
  table.sh_offset = symbols, table.sh_size = UINT64_MAX;
  for (unsigned i = 0; i < elf.header().e_shnum; ++i) {
    if (&elf.section(i) == &elf.section_of(SHT_STRTAB)) table.sh_link = i;
  }
  const uint64_t started = now_ns();
  auto image = parse_image(elf.bytes);
  REQUIRE(image.ok());
  uint64_t bytes = 0;
  for (const auto& entry : image.value().symbols->entries()) bytes += entry.name.size();
  CHECK(bytes < (32 << 20));
  CHECK(now_ns() - started < 2000 * kMillisecond);
}

TEST_CASE("many symbol tables do not make it read the file over and over") {
  Elf elf;
  const uint64_t headers = elf.bytes.size();
  const uint64_t symbols = headers + 65535ull * sizeof(Elf64_Shdr);
  elf.bytes.resize(symbols + (2 << 20));
  for (unsigned i = 0; i < 65535; ++i) {
    Elf64_Shdr table{};
    table.sh_type = SHT_SYMTAB, table.sh_offset = symbols, table.sh_size = 2 << 20;
    std::memcpy(elf.bytes.data() + headers + i * sizeof table, &table, sizeof table);
  }
  elf.header().e_shoff = headers, elf.header().e_shnum = 65535;
  const uint64_t started = now_ns();
  CHECK(parse_image(elf.bytes).ok());
  CHECK(now_ns() - started < 2000 * kMillisecond);
}

TEST_CASE("random mutations of headers") {
  std::mt19937 random(20260727);
  const uint64_t values[] = {
      0, 1, 4095, 4096, 0x400000, 0x401000, kImageLimit, UINT32_MAX, UINT64_MAX, UINT64_MAX - 4095, 1ull << 63};
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    Elf elf;
    const size_t note = elf.program(3).p_offset;
    for (unsigned n = 1 + random() % 3; n > 0; --n) {
      const size_t region = random() % 3;
      const size_t at = region == 0 ? random() % 64 : region == 1 ? 64 + random() % (4 * 56) : note + random() % 60;
      const uint64_t value = random() % 2 ? values[random() % std::size(values)] : random();
      const size_t size = size_t{1} << random() % 4;
      std::memcpy(elf.bytes.data() + at, &value, std::min(size, elf.bytes.size() - at));
    }
    auto image = parse_image(elf.bytes);
    if (image && plan_layout(image.value().request)) ++accepted;
  }
  MESSAGE("mutants accepted: " << accepted << " of 20000, seed 20260727");
}

TEST_SUITE_END();
