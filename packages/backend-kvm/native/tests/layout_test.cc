// Built page tables, walked as the CPU does, compared to the planned regions.
#include <cstring>
#include <map>
#include <set>

#include "base/abi.generated.h"
#include "memory/layout.h"
#include "support/machine.h"

using namespace colony;
using namespace colony::test;

TEST_SUITE_BEGIN("layout");

namespace {

struct Page {
  uint64_t physical;
  uint64_t size;
  bool writable, executable, user;
};

void walk(const uint8_t* arena, uint64_t limit, uint64_t table, int level, uint64_t base, bool writable, bool user,
          bool execute, std::map<uint64_t, Page>& out, std::set<uint64_t>& tables) {
  REQUIRE(table + kPageSize <= limit);
  CHECK_MESSAGE(tables.insert(table).second, "a table is used twice");
  for (uint64_t i = 0; i < 512; ++i) {
    uint64_t entry;
    std::memcpy(&entry, arena + table + i * 8, 8);
    if ((entry & 1) == 0) {
      CHECK(entry == 0);
      continue;
    }
    const uint64_t address = base + (i << (12 + 9 * (level - 1)));
    const uint64_t target = entry & 0x000ffffffffff000ull;
    const bool w = writable && (entry & 2), u = user && (entry & 4), x = execute && !(entry >> 63);
    const bool large = level == 2 && (entry & 0x80);
    CHECK((entry & 0x20) != 0);  // accessed beforehand, so that the CPU never writes to a table
    CHECK((level <= 2 || (entry & 0x80) == 0));
    if (level == 1 || large) {
      CHECK((entry & 0x40) != 0);
      out[address] = {target, large ? kLargePage : kPageSize, w, x, u};
    } else {
      walk(arena, limit, target, level - 1, address, w, u, x, out, tables);
    }
  }
}

LayoutRequest simple(uint64_t heap_base = 0) {
  LayoutRequest r;
  r.segments = {
      {0x400000, 0x3000, Prot::kReadExecute}, {0x403000, 0x2000, Prot::kRead}, {0x405000, 0x200000, Prot::kReadWrite}};
  r.stack_size = 0x10000;
  r.heap_base = heap_base;
  r.heap_initial = 0x10000;
  r.entry = 0x400000;
  r.resume = 0x400010;
  return r;
}

void check_layout(const LayoutRequest& request) {
  auto planned = plan_layout(request);
  REQUIRE_MESSAGE(planned.ok(), (planned.ok() ? "" : planned.error().message));
  const Layout& layout = planned.value();
  auto memory =
      Mapping::map(layout.heap_offset, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1);
  REQUIRE(memory.ok());
  auto built = build_system_pages(layout, memory.value().data());
  REQUIRE_MESSAGE(built.ok(), (built.ok() ? "" : built.error().message));

  std::map<uint64_t, Page> pages;
  std::set<uint64_t> tables;
  walk(memory.value().data(), layout.tables_size, 0, 4, 0, true, true, true, pages, tables);
  CHECK(tables.size() * kPageSize == layout.tables_size);

  // Exactly the planned pages are mapped.
  uint64_t expected = 0;
  for (const Region& r : layout.regions) {
    for (uint64_t at = 0; at < r.size; at += kPageSize, ++expected) {
      const auto it = pages.find(r.address + at);
      REQUIRE(it != pages.end());
      const Page& p = it->second;
      REQUIRE((p.physical == r.offset + at && p.size == kPageSize && p.user));
      REQUIRE((p.writable == (r.prot == Prot::kReadWrite) && p.executable == (r.prot == Prot::kReadExecute)));
    }
  }
  for (uint64_t at = 0; at < layout.heap_reserve; at += kLargePage, ++expected) {
    const auto it = pages.find(layout.heap_base + at);
    REQUIRE(it != pages.end());
    REQUIRE((it->second.physical == layout.heap_offset + at && it->second.size == kLargePage));
    REQUIRE((it->second.writable && !it->second.executable && it->second.user));
  }
  CHECK(pages.size() == expected);

  // No physical byte is mapped twice, tables are not mapped, and no page is writable and executable.
  std::map<uint64_t, uint64_t> physical;
  uint64_t end = 0;
  for (const auto& [address, page] : pages) {
    REQUIRE(address >= end);
    end = address + page.size;
    REQUIRE(!(page.writable && page.executable));
    REQUIRE(page.physical >= layout.tables_size);
    REQUIRE(physical.emplace(page.physical, page.size).second);
  }
  end = 0;
  for (const auto& [at, size] : physical) {
    REQUIRE(at >= end);
    end = at + size;
  }
  CHECK(layout.fixed_bytes <= layout.heap_offset);
  CHECK(layout.heap_offset % kLargePage == 0);

  // Guards: below the stack, above it, above the system page, below the image.
  const uint64_t stack = layout.stack_top - request.stack_size;
  for (const uint64_t guard :
       {uint64_t{0}, kImageBase - kPageSize, stack - kPageSize, layout.stack_top, layout.system_address + kPageSize}) {
    const auto after = pages.upper_bound(guard);
    CHECK((after == pages.begin() || std::prev(after)->first + std::prev(after)->second.size <= guard));
    CHECK(layout.find(guard) == nullptr);
  }
}

}  // namespace

TEST_CASE("tables agree with the plan") {
  check_layout(simple());
  check_layout(simple(kWasmHeapBase));
}

TEST_CASE("tables of images at the edges of their range") {
  for (const uint64_t heap : {uint64_t{0}, kWasmHeapBase}) {
    LayoutRequest r = simple(heap);
    r.segments = {{kImageBase, kPageSize, Prot::kReadExecute}, {kImageLimit - kPageSize, kPageSize, Prot::kReadWrite}};
    r.entry = r.resume = kImageBase;
    for (const uint64_t stack : {kPageSize, kLargePage, kMaxStack}) {
      r.stack_size = stack;
      check_layout(r);
    }
    r.segments = {{kImageBase, kImageLimit - kImageBase, Prot::kReadExecute}};
    check_layout(r);
  }
}

TEST_CASE("a heap whose first gigabyte is shared with the image needs no table twice") {
  for (uint64_t start = 0x3f000000; start < kImageLimit; start += 0x3ff000) {
    LayoutRequest r = simple();
    r.segments = {{start, kPageSize, Prot::kReadExecute}};
    r.entry = r.resume = start;
    check_layout(r);
  }
}

TEST_CASE("sixty-four segments are the most") {
  LayoutRequest r = simple();
  r.segments.clear();
  for (uint64_t i = 0; i < 64; ++i) r.segments.push_back({0x400000 + i * 0x10000, kPageSize, Prot::kReadExecute});
  check_layout(r);
  r.segments.push_back({0x10000000, kPageSize, Prot::kRead});
  CHECK(!plan_layout(r).ok());
  r.segments.clear();
  CHECK(!plan_layout(r).ok());
}

TEST_CASE("the system page opens one port and no other") {
  auto layout = plan_layout(simple());
  REQUIRE(layout.ok());
  Bytes memory(layout.value().heap_offset);
  REQUIRE(build_system_pages(layout.value(), memory.data()).ok());
  const uint8_t* page = memory.data() + layout.value().find(layout.value().system_address)->offset;
  uint16_t bitmap;
  std::memcpy(&bitmap, page + 102, 2);
  int open = 0;
  for (unsigned port = 0; port < 65536; ++port) {
    const unsigned at = bitmap + port / 8;
    if (at > tss_limit()) break;  // beyond the limit the CPU refuses
    if ((page[at] >> (port % 8) & 1) == 0) {
      CHECK(port == kPort);
      ++open;
    }
  }
  CHECK(open == 1);
  CHECK(page[tss_limit()] == 0xff);
  // Stack pointers of the TSS are null, the XSAVE header asks for every component's initial state.
  for (unsigned i = 4; i < 102; ++i) CHECK(page[i] == 0);
  // The rest of the page is the scrubbing code: see isolation_test.cc.
  for (unsigned i = 512; i < 576; ++i) CHECK(page[kXsaveOffset + i] == 0);
}

TEST_SUITE_END();
