// Converts between JavaScript values and the native core's. Nothing here throws C++ exceptions; a failed conversion leaves
// a pending JavaScript exception and returns false.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "base/abi.generated.h"
#include "base/error.h"
#include "pool/hypervisor.h"

namespace colony::addon {

// The stable ColonyError code of a native one.
const char* code_name(Code code);
// The inverse, for the reasons that JavaScript may cancel with.
Code cancel_code(const std::string& name);

// An Error with `code` and, for a guest's faults, `details`.
Napi::Error to_js(Napi::Env env, const Error& error);

// An array of Uint8Array as borrowed segments: valid until JavaScript runs again.
bool to_segments(Napi::Value value, Segments& out);
// The same, copied into one buffer.
bool to_bytes(Napi::Value value, std::vector<uint8_t>& out);

// A Uint8Array over the bytes: copied when small, handed over without a copy when large.
Napi::Value from_bytes(Napi::Env env, std::vector<uint8_t> bytes);
Napi::Value copy_bytes(Napi::Env env, std::span<const uint8_t> bytes);

// A run's numbers: a Float64Array of kRunNumbers (see the ABI). JavaScript fills it with limits, of which Infinity is
// kForever, and we with usage. One array instead of two objects: property access would be a large part of a short call.
bool to_numbers(Napi::Value value, double*& out);
bool to_limits(const double* numbers, Napi::Env env, Limits& out);
void write_usage(const Usage& usage, double* numbers);

uint32_t to_count(Napi::Object options, const char* name, uint32_t fallback);

using SnapshotPtr = std::shared_ptr<const Snapshot>;
using InstancePtr = std::shared_ptr<Instance>;

// Handles: type-tagged externals, so that externals of other addons are refused.
Napi::Value wrap(Napi::Env env, SnapshotPtr snapshot);
Napi::Value wrap(Napi::Env env, InstancePtr instance);
// Null for any other value, and once the handle is released.
SnapshotPtr unwrap_snapshot(Napi::Value value);
// Frees its memory and its descriptor now, unless runs, instances or later snapshots need them: the garbage collector
// would free them late.
void release_snapshot(Napi::Value value);
InstancePtr unwrap_instance(Napi::Value value);
// Empties the handle. Afterwards it does not hold the snapshot that the instance started from, either.
InstancePtr take_instance(Napi::Value value);

}  // namespace colony::addon
