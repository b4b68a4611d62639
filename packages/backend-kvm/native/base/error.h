// The native core's only error type. There are no exceptions: every fallible function returns a Result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace colony {

// A closed set; addon/values.cc maps each to the stable ColonyError code of @colony/core.
enum class Code {
  kUnavailable,  // /dev/kvm is missing, forbidden or lacks a capability
  kBadImage,     // an image that the loader refuses
  kBadSnapshot,  // serialized snapshot is damaged
  kSnapshotVersion,
  kSnapshotForeign,
  kBadOption,
  kGuestFault,     // the guest violated its memory's rights or its privilege
  kGuestTrap,      // the guest gave up by itself (ABORT)
  kGuestProtocol,  // an invalid hypercall
  kLimitMemory,
  kLimitWallTime,
  kLimitCpuTime,
  kLimitOutput,
  kAborted,
  kDisposed,
  kAsyncInSync,
  kHostCallback,  // the host's own hypercall callback failed (sync path)
  kInternal,
};

// A guest's fault, as far as this KVM reports it.
struct Fault {
  enum class Kind : uint8_t {
    kPage,
    kProtection,
    kNoExecute,
    kGeneralProtection,
    kInvalidOpcode,
    kDivide,
    kOutOfBounds,
    kAlignment,
    kDebug,
    kFloatingPoint,
    kUnknown,
  };
  Kind kind = Kind::kUnknown;
  uint64_t rip = 0;  // 0 if the processor does not report it; AMD's do not
  uint64_t rsp = 0;
  std::optional<uint64_t> address;  // guest virtual; absent if KVM does not report it
  std::string symbol;               // function and offset of rip, if the image has symbols
  int vector = -1;
  uint32_t error_code = 0;
};

struct Error {
  Code code = Code::kInternal;
  std::string message;
  int sys_errno = 0;
  std::optional<Fault> fault;
  uint64_t trap = 0;  // of kGuestTrap
};

struct Ok {};

// Either a T or an Error.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit by design
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  T take() { return std::move(std::get<0>(state_)); }
  Error& error() { return std::get<1>(state_); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

using Status = Result<Ok>;

inline Error make_error(Code code, std::string message) { return Error{code, std::move(message), 0, {}, 0}; }

// An Error that names the failed system call and its errno; kUnavailable, with a remedy, if the host has run out of a resource.
Error system_error(Code code, const char* what);

}  // namespace colony

// Returns an error of `expr` (a Status or Result) to the caller.
#define COLONY_TRY(expr)                                       \
  do {                                                         \
    auto colony_try_result = (expr);                           \
    if (!colony_try_result.ok()) return std::move(colony_try_result.error()); \
  } while (0)
