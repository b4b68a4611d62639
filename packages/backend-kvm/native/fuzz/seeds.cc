// make-seeds IMAGE FOLDER: writes the fuzzer's initial inputs.
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

#include "base/abi.generated.h"
#include "check.h"
#include "machine/snapshot.h"

using namespace colony;

namespace {

void write(const std::string& path, const void* bytes, size_t size) {
  std::ofstream(path, std::ios::binary).write(static_cast<const char*>(bytes), static_cast<std::streamsize>(size));
}

}  // namespace

int main(int argc, char** argv) {
  MUST(argc == 3);
  const std::string folder = argv[2];
  std::ifstream file(argv[1], std::ios::binary);
  const std::vector<uint8_t> elf((std::istreambuf_iterator<char>(file)), {});
  write(folder + "/image/lab.elf", elf.data(), elf.size());
  auto image = parse_image(elf);
  MUST(image.ok());
  auto made = snapshot_of_image(image.value());
  MUST(made.ok());

  Snapshot waiting = *made.value();
  waiting.booted = true;
  waiting.regs.rax = kOpNext;
  const Kvm plain;
  auto bytes = serialize_snapshot(waiting, plain);
  MUST(deserialize_snapshot(bytes, plain).ok());
  write(folder + "/snapshot/lab", bytes.data(), bytes.size());

  const Layout& layout = *waiting.layout;
  int n = 0;
  for (const uint64_t address :
       {uint64_t{0x403000}, layout.heap_base, kWasmHeapBase, layout.stack_top - 64, UINT64_MAX - 64}) {
    for (const uint64_t op : {kOpNext, kOpCall, kOpGrow, kOpAbort}) {
      kvm_regs regs{};
      regs.rax = op, regs.rdi = regs.rdx = regs.rbx = address, regs.rsi = regs.rcx = regs.rbp = 64;
      write(folder + "/channel/" + std::to_string(n++), &regs, sizeof regs);
    }
  }
  return 0;
}
