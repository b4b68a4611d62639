// KVM's exits, decoded at the edge into one small enum.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <optional>

namespace colony {

// The exception number of a vCPU for which KVM has not seen one.
inline constexpr uint8_t kNoException = 0xff;

struct Exit {
  enum class Kind : uint8_t {
    kHypercall,    // out to the hypercall port
    kShutdown,     // an exception: vector, error code and address may be known
    kOutOfBounds,  // an access to guest physical memory that does not exist
    kInterrupted,  // a signal or immediate_exit
    kUnexpected,   // a virtine cannot cause it by design; reason holds KVM's number
  };
  Kind kind = Kind::kUnexpected;
  uint32_t reason = 0;
  std::optional<uint64_t> physical;  // of kOutOfBounds, if KVM reports it
  int error = 0;                     // of kUnexpected: KVM_RUN's errno, when it failed by itself
};

// `error` is KVM_RUN's errno, or 0. Pure: tested with made-up exits.
Exit decode_exit(const kvm_run& run, int error);

}  // namespace colony
