#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace colony {

namespace {

// The remedy if the host has run out of a resource, which is not a fault of Colony. Null for other errors.
const char* remedy(int number) {
  switch (number) {
    case EMFILE: return "raise the limit of open files (ulimit -n), or dispose of unneeded contexts and snapshots";
    case ENFILE: return "the system has too many open files: raise fs.file-max, or end other programs";
    case ENOMEM: return "the host has no more memory or mappings: dispose of contexts, or raise vm.max_map_count";
    default: return nullptr;
  }
}

}  // namespace

Error system_error(Code code, const char* what) {
  const int saved = errno;
  std::string message = std::string(what) + ": " + std::strerror(saved);
  const char* advice = remedy(saved);
  if (advice == nullptr) return Error{code, std::move(message), saved, {}, 0};
  return Error{Code::kUnavailable, message + ": " + advice, saved, {}, 0};
}

}  // namespace colony
