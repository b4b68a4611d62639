// Owners of descriptors and mappings, and the clocks.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <utility>

#include "base/error.h"

namespace colony {

inline constexpr uint64_t kPageSize = 4096;
inline constexpr uint64_t kLargePage = 2u << 20;

constexpr uint64_t page_up(uint64_t bytes) { return (bytes + kPageSize - 1) & ~(kPageSize - 1); }
constexpr bool page_aligned(uint64_t value) { return (value & (kPageSize - 1)) == 0; }

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~UniqueFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// An owned mapping of whole pages.
class Mapping {
 public:
  Mapping() = default;
  static Result<Mapping> map(size_t size, int prot, int flags, int fd) {
    void* at = ::mmap(nullptr, size, prot, flags, fd, 0);
    if (at == MAP_FAILED) return system_error(Code::kInternal, "mmap");
    return Mapping(static_cast<uint8_t*>(at), size);
  }
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Mapping() {
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  Mapping(uint8_t* data, size_t size) : data_(data), size_(size) {}
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

inline uint64_t clock_ns(clockid_t id) {
  timespec ts{};
  ::clock_gettime(id, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(ts.tv_nsec);
}
inline uint64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }
inline uint64_t thread_cpu_ns() { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

inline constexpr uint64_t kForever = UINT64_MAX;

// a + b, or kForever if that would overflow.
constexpr uint64_t add_saturating(uint64_t a, uint64_t b) { return a > kForever - b ? kForever : a + b; }

}  // namespace colony
