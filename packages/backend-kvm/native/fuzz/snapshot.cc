// Any bytes as a snapshot file: refused, or a snapshot that is written exactly as it was read.
#include "check.h"
#include "machine/snapshot.h"

using namespace colony;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Kvm plain;  // a machine without CPU features: nothing here needs /dev/kvm
  auto snapshot = deserialize_snapshot({data, size}, plain);
  if (!snapshot) {
    const Code code = snapshot.error().code;
    MUST(code == Code::kBadSnapshot || code == Code::kSnapshotVersion || code == Code::kSnapshotForeign);
    return 0;
  }
  const Snapshot& s = *snapshot.value();
  MUST(s.booted && s.heap_size <= s.layout->heap_reserve && s.memory->base().size() <= s.memory_end());
  const auto bytes = serialize_snapshot(s, plain);
  auto again = deserialize_snapshot(bytes, plain);
  MUST(again.ok());
  MUST(serialize_snapshot(*again.value(), plain) == bytes);
  return 0;
}
