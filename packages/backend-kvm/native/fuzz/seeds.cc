// make-seeds IMAGE LINUX-IMAGE FOLDER: writes the fuzzer's initial inputs.
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

// Writes the image, and a snapshot of its first state. Returns that.
Snapshot write_image(const char* file_name, const std::string& folder, const std::string& name) {
  std::ifstream file(file_name, std::ios::binary);
  const std::vector<uint8_t> elf((std::istreambuf_iterator<char>(file)), {});
  write(folder + "/image/" + name + ".elf", elf.data(), elf.size());
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
  write(folder + "/snapshot/" + name, bytes.data(), bytes.size());
  return waiting;
}

}  // namespace

int main(int argc, char** argv) {
  MUST(argc == 4);
  const std::string folder = argv[3];
  const Snapshot waiting = write_image(argv[1], folder, "lab");
  write_image(argv[2], folder, "traps");
  const Layout& layout = *waiting.layout;
  int n = 0;
  for (const uint64_t address :
       {uint64_t{0x403000}, layout.heap_base, kWasmHeapBase, layout.stack_top - 64, UINT64_MAX - 64}) {
    for (const uint64_t op : {kOpNext, kOpCall, kOpGrow, kOpAbort, kOpIdle}) {
      kvm_regs regs{};
      regs.rax = op, regs.rdi = regs.rdx = regs.rbx = address, regs.rsi = regs.rcx = regs.rbp = 64;
      write(folder + "/channel/" + std::to_string(n++), &regs, sizeof regs);
    }
  }
  return 0;
}
