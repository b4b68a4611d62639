#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace colony {

Error system_error(Code code, const char* what) {
  const int saved = errno;
  return Error{code, std::string(what) + ": " + std::strerror(saved), saved, {}, 0};
}

}  // namespace colony
