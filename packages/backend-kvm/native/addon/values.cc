#include "addon/values.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "machine/fault.h"

namespace colony::addon {
namespace {

constexpr size_t kCopyBelow = 64 * 1024;

struct CodeName {
  Code code;
  const char* name;
};

constexpr CodeName kCodeNames[] = {
    {Code::kUnavailable, "ERR_BACKEND_UNAVAILABLE"},
    {Code::kBadImage, "ERR_COMPILE"},
    {Code::kBadSnapshot, "ERR_SNAPSHOT_DAMAGED"},
    {Code::kSnapshotVersion, "ERR_SNAPSHOT_VERSION"},
    {Code::kSnapshotForeign, "ERR_SNAPSHOT_FOREIGN"},
    {Code::kBadOption, "ERR_BAD_OPTION"},
    {Code::kGuestFault, "ERR_GUEST_FAULT"},
    {Code::kGuestTrap, "ERR_GUEST_TRAP"},
    {Code::kGuestProtocol, "ERR_GUEST_PROTOCOL"},
    {Code::kLimitMemory, "ERR_LIMIT_MEMORY"},
    {Code::kLimitWallTime, "ERR_LIMIT_WALL_TIME"},
    {Code::kLimitCpuTime, "ERR_LIMIT_CPU_TIME"},
    {Code::kLimitOutput, "ERR_LIMIT_OUTPUT"},
    {Code::kAborted, "ERR_ABORTED"},
    {Code::kDisposed, "ERR_DISPOSED"},
    {Code::kAsyncInSync, "ERR_ASYNC_IN_SYNC"},
    {Code::kHostCallback, "ERR_HYPERCALL_FAILED"},
    {Code::kInternal, "ERR_INTERNAL"},
};

constexpr napi_type_tag kSnapshotTag = {0x636f6c6f6e790001, 0x9d3cf1a0b7e24c51};
constexpr napi_type_tag kInstanceTag = {0x636f6c6f6e790002, 0x51c7a68e02fb4d13};

std::string hex(uint64_t value) {
  char text[20];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

Napi::Object fault_to_js(Napi::Env env, const Fault& fault) {
  auto out = Napi::Object::New(env);
  out.Set("kind", fault_name(fault.kind));
  if (fault.rip != 0) out.Set("rip", hex(fault.rip));
  if (fault.address) out.Set("address", hex(*fault.address));
  if (!fault.symbol.empty()) out.Set("symbol", fault.symbol);
  if (fault.vector >= 0) out.Set("vector", fault.vector);
  return out;
}

bool refuse(Napi::Env env, const std::string& message) {
  to_js(env, make_error(Code::kBadOption, message)).ThrowAsJavaScriptException();
  return false;
}

bool is_tagged(Napi::Value value, const napi_type_tag& tag) {
  bool ours = false;
  return value.IsExternal() && napi_check_object_type_tag(value.Env(), value, &tag, &ours) == napi_ok && ours;
}

}  // namespace

const char* code_name(Code code) {
  for (const CodeName& c : kCodeNames) {
    if (c.code == code) return c.name;
  }
  return "ERR_INTERNAL";
}

Code cancel_code(const std::string& name) {
  for (const Code code : {Code::kAborted, Code::kDisposed, Code::kLimitWallTime}) {
    if (name == code_name(code)) return code;
  }
  return Code::kAborted;
}

Napi::Error to_js(Napi::Env env, const Error& error) {
  auto out = Napi::Error::New(env, error.message);
  out.Set("code", Napi::String::New(env, code_name(error.code)));
  auto details = Napi::Object::New(env);
  if (error.fault) details.Set("fault", fault_to_js(env, *error.fault));
  if (error.code == Code::kGuestTrap) details.Set("trap", static_cast<double>(error.trap));
  if (error.sys_errno != 0) details.Set("errno", error.sys_errno);
  out.Set("details", details);
  return out;
}

bool to_segments(Napi::Value value, Segments& out) {
  if (!value.IsArray()) return refuse(value.Env(), "segments must be an array of Uint8Array");
  auto array = value.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array[i];
    napi_typedarray_type type;
    size_t length = 0;
    void* data = nullptr;
    if (!item.IsTypedArray() ||
        napi_get_typedarray_info(item.Env(), item, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array) {
      return refuse(value.Env(), "segments must be an array of Uint8Array");
    }
    out.emplace_back(static_cast<const uint8_t*>(data), length);
  }
  return true;
}

bool to_bytes(Napi::Value value, std::vector<uint8_t>& out) {
  Segments segments;
  if (!to_segments(value, segments)) return false;
  out.reserve(total_bytes(segments));
  for (const auto& s : segments) out.insert(out.end(), s.begin(), s.end());
  return true;
}

Napi::Value copy_bytes(Napi::Env env, std::span<const uint8_t> bytes) {
  // Checks each step: a worker that is being terminated may refuse any of them, and then has no memory to copy to.
  void* data = nullptr;
  napi_value buffer = nullptr, array = nullptr;
  if (napi_create_arraybuffer(env, bytes.size(), &data, &buffer) != napi_ok) return env.Undefined();
  if (!bytes.empty()) std::memcpy(data, bytes.data(), bytes.size());
  if (napi_create_typedarray(env, napi_uint8_array, bytes.size(), buffer, 0, &array) != napi_ok) return env.Undefined();
  return {env, array};
}

Napi::Value from_bytes(Napi::Env env, std::vector<uint8_t> bytes) {
  if (bytes.size() < kCopyBelow) return copy_bytes(env, bytes);
  auto* owned = new std::vector<uint8_t>(std::move(bytes));
  auto buffer = Napi::ArrayBuffer::New(
      env, owned->data(), owned->size(), [](Napi::Env, void*, std::vector<uint8_t>* held) { delete held; }, owned);
  return Napi::Uint8Array::New(env, owned->size(), buffer, 0);
}

bool to_numbers(Napi::Value value, double*& out) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  const bool array = value.IsTypedArray() &&
                     napi_get_typedarray_info(value.Env(), value, &type, &length, &data, nullptr, nullptr) == napi_ok &&
                     type == napi_float64_array && length == kRunNumbers;
  if (!array) return refuse(value.Env(), "a run's numbers must be a Float64Array with one element each");
  out = static_cast<double*>(data);
  return true;
}

bool to_limits(const double* numbers, Napi::Env env, Limits& out) {
  constexpr double kNanoseconds = 1e6;  // in a millisecond
  struct Field {
    double number;
    uint64_t& target;
  } const fields[] = {{numbers[kRunNumberMemoryLimit], out.memory},
                      {numbers[kRunNumberOutputLimit], out.output},
                      {numbers[kRunNumberWallTimeLimit] * kNanoseconds, out.wall_ns},
                      {numbers[kRunNumberCpuTimeLimit] * kNanoseconds, out.cpu_ns}};
  for (const Field& f : fields) {
    if (std::isnan(f.number) || f.number < 0) return refuse(env, "a limit must be a number, 0 or more");
    f.target = f.number >= 9e18 ? kForever : static_cast<uint64_t>(f.number);
  }
  return true;
}

void write_usage(const Usage& usage, double* numbers) {
  numbers[kRunNumberWallTime] = static_cast<double>(usage.wall_ns) / 1e6;
  numbers[kRunNumberCpuTime] = static_cast<double>(usage.cpu_ns) / 1e6;
  numbers[kRunNumberMemory] = static_cast<double>(usage.memory);
  numbers[kRunNumberDirtyPages] = usage.dirty_pages;
}

uint32_t to_count(Napi::Object options, const char* name, uint32_t fallback) {
  const Napi::Value value = options.Get(name);
  return value.IsNumber() ? value.As<Napi::Number>().Uint32Value() : fallback;
}

// Bytes that a file descriptor counts for: a process may have 1,024 of them, and garbage is collected every 32 MiB or so.
constexpr int64_t kDescriptorWeight = 256 * 1024;

namespace {

// The content of a handle, until it is released or collected.
struct HeldSnapshot {
  SnapshotPtr snapshot;
  int64_t bytes;
};

void let_go(Napi::Env env, HeldSnapshot& held) {
  if (!held.snapshot) return;
  held.snapshot.reset();
  Napi::MemoryManagement::AdjustExternalMemory(env, -held.bytes);
}

HeldSnapshot* held_by(Napi::Value value) {
  return is_tagged(value, kSnapshotTag) ? value.As<Napi::External<HeldSnapshot>>().Data() : nullptr;
}

}  // namespace

// Reports a snapshot's size to JavaScript's garbage collector, which would see a few bytes and keep megabytes and descriptors.
Napi::Value wrap(Napi::Env env, SnapshotPtr snapshot) {
  const auto bytes = std::max(kDescriptorWeight, static_cast<int64_t>(snapshot->memory->own_bytes()));
  Napi::MemoryManagement::AdjustExternalMemory(env, bytes);
  auto external = Napi::External<HeldSnapshot>::New(env, new HeldSnapshot{std::move(snapshot), bytes},
                                                    [](Napi::Env env, HeldSnapshot* held) {
                                                      let_go(env, *held);
                                                      delete held;
                                                    });
  napi_type_tag_object(env, external, &kSnapshotTag);
  return external;
}

Napi::Value wrap(Napi::Env env, InstancePtr instance) {
  auto external = Napi::External<InstancePtr>::New(env, new InstancePtr(std::move(instance)),
                                                   [](Napi::Env, InstancePtr* owned) { delete owned; });
  napi_type_tag_object(env, external, &kInstanceTag);
  return external;
}

void release_snapshot(Napi::Value value) {
  if (auto* held = held_by(value)) let_go(value.Env(), *held);
}

SnapshotPtr unwrap_snapshot(Napi::Value value) {
  const auto* held = held_by(value);
  return held == nullptr ? nullptr : held->snapshot;
}

InstancePtr unwrap_instance(Napi::Value value) {
  return is_tagged(value, kInstanceTag) ? *value.As<Napi::External<InstancePtr>>().Data() : nullptr;
}

InstancePtr take_instance(Napi::Value value) {
  return is_tagged(value, kInstanceTag) ? std::move(*value.As<Napi::External<InstancePtr>>().Data()) : nullptr;
}

}  // namespace colony::addon
