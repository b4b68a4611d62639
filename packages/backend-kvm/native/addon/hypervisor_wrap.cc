#include "addon/hypervisor_wrap.h"

#include <algorithm>

namespace colony::addon {
namespace {

Napi::Value fail(Napi::Env env, const Error& error) {
  to_js(env, error).ThrowAsJavaScriptException();
  return env.Undefined();
}

Napi::Value bad_argument(Napi::Env env, const char* message) {
  return fail(env, make_error(Code::kBadOption, message));
}

// Calls the host's hypercall handler during a synchronous run. Its exception is kept for the caller of runSync, and the
// run ends.
std::optional<Segments> call_host(Napi::Env env, Napi::Function handler, Job& job, std::span<const uint8_t> request) {
  const Napi::HandleScope scope(env);
  napi_value argument = copy_bytes(env, request), result = nullptr;
  if (napi_call_function(env, env.Undefined(), handler, 1, &argument, &result) != napi_ok) {
    job.cancellation.set(Code::kHostCallback);
    return std::nullopt;
  }
  if (Napi::Value(env, result).IsPromise()) {
    job.cancellation.set(Code::kAsyncInSync);
    return std::nullopt;
  }
  job.reply.clear();
  if (!to_bytes(Napi::Value(env, result), job.reply)) {
    job.cancellation.set(Code::kHostCallback);
    return std::nullopt;
  }
  return Segments{job.reply};
}

// A short result goes into the caller's scratch (its length is returned), a long one into an array of its own. Making
// an array costs more than copying a few hundred bytes twice.
Napi::Value give_output(Napi::Env env, Napi::Value scratch, std::vector<uint8_t> output) {
  napi_typedarray_type type;
  size_t length = 0;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, scratch, &type, &length, &data, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array || output.size() > length) {
    return from_bytes(env, std::move(output));
  }
  std::copy(output.begin(), output.end(), static_cast<uint8_t*>(data));
  return Napi::Number::New(env, static_cast<double>(output.size()));
}

}  // namespace

Napi::Function HypervisorWrap::define(Napi::Env env) {
  return DefineClass(
      env, "Hypervisor",
      {InstanceMethod<&HypervisorWrap::image>("image"), InstanceMethod<&HypervisorWrap::instance>("instance"),
       InstanceMethod<&HypervisorWrap::run>("run"), InstanceMethod<&HypervisorWrap::run_sync>("runSync"),
       InstanceMethod<&HypervisorWrap::freeze>("freeze"), InstanceMethod<&HypervisorWrap::drop>("drop"),
       InstanceMethod<&HypervisorWrap::serialize>("serialize"),
       InstanceMethod<&HypervisorWrap::deserialize>("deserialize"), InstanceMethod<&HypervisorWrap::release>("release"),
       InstanceMethod<&HypervisorWrap::facts>("facts"), InstanceMethod<&HypervisorWrap::stats>("stats"),
       InstanceMethod<&HypervisorWrap::close>("close")});
}

HypervisorWrap::HypervisorWrap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<HypervisorWrap>(info) {
  const Napi::Object options = info[0].IsObject() ? info[0].As<Napi::Object>() : Napi::Object::New(info.Env());
  HypervisorOptions native;
  native.threads = to_count(options, "threads", native.threads);
  native.warm = to_count(options, "warm", native.warm);
  native.spares = to_count(options, "spares", native.spares);
  native.shells = to_count(options, "shells", native.shells);
  native.spin_us = to_count(options, "spinUs", native.spin_us);
  auto made = Hypervisor::create(native);
  if (!made) {
    fail(info.Env(), made.error());
    return;
  }
  *hypervisor_ = made.take();
  mailbox_ = Mailbox::create(info.Env(), native.spin_us * 1000ull);
  // A worker's end does not run finalizers in time: threads must be gone before the environment is.
  info.Env().AddCleanupHook([held = hypervisor_] { held->reset(); });
}

HypervisorWrap::~HypervisorWrap() { shut_down(); }

void HypervisorWrap::shut_down() {
  if (*hypervisor_ == nullptr) return;
  (*hypervisor_)->close();  // also where a runSync keeps it alive: no run thread may use the mailbox any more
  hypervisor_->reset();
  mailbox_->close();
}

bool HypervisorWrap::open_or_throw(Napi::Env env) {
  if (*hypervisor_ != nullptr) return true;
  fail(env, make_error(Code::kDisposed, "the backend is closed"));
  return false;
}

Napi::Value HypervisorWrap::image(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray()) return bad_argument(info.Env(), "an image must be a Uint8Array");
  auto bytes = info[0].As<Napi::Uint8Array>();
  auto image = parse_image({bytes.Data(), bytes.ByteLength()});
  if (!image) return fail(info.Env(), image.error());
  auto snapshot = snapshot_of_image(image.value(), (*hypervisor_)->kvm().tsc_khz());
  if (!snapshot) return fail(info.Env(), snapshot.error());
  return wrap(info.Env(), snapshot.take());
}

Napi::Value HypervisorWrap::instance(const Napi::CallbackInfo& info) {
  auto start = unwrap_snapshot(info[0]);
  if (!start) return bad_argument(info.Env(), "not a snapshot");
  auto made = std::make_shared<Instance>();
  made->start = std::move(start);
  return wrap(info.Env(), std::move(made));
}

// Arguments of run and runSync: (snapshot or instance, segments, numbers, flags, onCall, ...).
bool HypervisorWrap::prepare(const Napi::CallbackInfo& info, Job& job) {
  const Napi::Env env = info.Env();
  double* numbers = nullptr;
  if (!open_or_throw(env) || !to_numbers(info[2], numbers)) return false;
  job.snapshot = unwrap_snapshot(info[0]);
  if (!job.snapshot) job.instance = unwrap_instance(info[0]);
  if ((!job.snapshot && !job.instance) || !info[3].IsNumber() || !info[4].IsFunction()) {
    bad_argument(env, "run takes (snapshot or instance, segments, numbers, flags, onCall)");
    return false;
  }
  const uint32_t flags = info[3].As<Napi::Number>().Uint32Value();
  job.boot = (flags & kRunBoot) != 0;
  job.freeze = (flags & kRunFreeze) != 0;
  if (job.snapshot && job.snapshot->booted == job.boot) {
    bad_argument(env, "only an image boots, and only a booted snapshot is called");
    return false;
  }
  return to_limits(numbers, env, job.limits);
}

Napi::Object HypervisorWrap::run_handle(Napi::Env env, const std::shared_ptr<AsyncRun>& run) {
  auto handle = Napi::Object::New(env);
  handle.Set("answer", Napi::Function::New(env, [held = hypervisor_, run](const Napi::CallbackInfo& call) {
               std::vector<uint8_t> reply;
               if (to_bytes(call[0], reply) && *held != nullptr) (*held)->answer(run->shared_job(), std::move(reply));
             }));
  handle.Set("cancel", Napi::Function::New(env, [held = hypervisor_, run](const Napi::CallbackInfo& call) {
               if (*held != nullptr) (*held)->cancel(run->shared_job(), cancel_code(call[0].ToString()));
             }));
  return handle;
}

Napi::Value HypervisorWrap::run(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto run = std::make_shared<AsyncRun>();
  if (!prepare(info, run->job)) return env.Undefined();
  if (!info[5].IsFunction()) return bad_argument(env, "run needs onDone");
  if (!to_bytes(info[1], run->input)) return env.Undefined();
  run->job.input = {run->input};
  run->on_call = Napi::Persistent(info[4].As<Napi::Function>());
  run->on_done = Napi::Persistent(info[5].As<Napi::Function>());
  // The run thread holds the run; the job's callbacks must not hold it too, or it would hold itself.
  run->job.on_call = [run = run.get(), box = mailbox_](Job&,
                                                       std::span<const uint8_t> request) -> std::optional<Segments> {
    box->post_call(run->shared_from_this(), request);
    return std::nullopt;
  };
  run->job.on_done = [run = run.get(), box = mailbox_](Job&, Result<Outcome> outcome) {
    box->post_done(run->shared_from_this(), std::move(outcome));
  };
  mailbox_->run_started(env);
  auto handle = run_handle(env, run);
  // A sleeping run thread may be woken on this very CPU: spinning here would only keep it from its work.
  if ((*hypervisor_)->run(run->shared_job())) mailbox_->spin();
  return handle;
}

Napi::Value HypervisorWrap::run_sync(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Job job;
  if (!prepare(info, job) || !to_segments(info[1], job.input)) return env.Undefined();
  const auto handler = info[4].As<Napi::Function>();
  Napi::Value result = env.Undefined();
  job.on_call = [&](Job& running, std::span<const uint8_t> request) {
    return call_host(env, handler, running, request);
  };
  job.on_done = [&](Job&, Result<Outcome> outcome) {
    if (env.IsExceptionPending()) return;
    double* numbers = nullptr;
    if (outcome.ok() && to_numbers(info[2], numbers)) {
      write_usage(outcome.value().usage, numbers);
      result = give_output(env, info[5], std::move(outcome.value().output));
    } else if (!outcome.ok()) {
      fail(env, outcome.error());
    }
  };
  const std::shared_ptr<Hypervisor> alive = *hypervisor_;
  alive->run_sync(job);
  return result;
}

Napi::Value HypervisorWrap::freeze(const Napi::CallbackInfo& info) {
  if (!open_or_throw(info.Env())) return info.Env().Undefined();
  auto instance = unwrap_instance(info[0]);
  if (!instance) return bad_argument(info.Env(), "not an instance");
  auto kept = (*hypervisor_)->freeze(*instance);
  if (!kept) return fail(info.Env(), kept.error());
  return kept.value() ? wrap(info.Env(), kept.take()) : info.Env().Null();
}

Napi::Value HypervisorWrap::drop(const Napi::CallbackInfo& info) {
  const auto instance = take_instance(info[0]);
  if (*hypervisor_ != nullptr && instance != nullptr) (*hypervisor_)->drop(*instance);
  return info.Env().Undefined();
}

Napi::Value HypervisorWrap::serialize(const Napi::CallbackInfo& info) {
  if (!open_or_throw(info.Env())) return info.Env().Undefined();
  auto snapshot = unwrap_snapshot(info[0]);
  if (!snapshot) return bad_argument(info.Env(), "not a snapshot");
  return from_bytes(info.Env(), serialize_snapshot(*snapshot, (*hypervisor_)->kvm()));
}

Napi::Value HypervisorWrap::deserialize(const Napi::CallbackInfo& info) {
  if (!open_or_throw(info.Env())) return info.Env().Undefined();
  if (!info[0].IsTypedArray()) return bad_argument(info.Env(), "a snapshot's bytes must be a Uint8Array");
  auto bytes = info[0].As<Napi::Uint8Array>();
  auto snapshot = deserialize_snapshot({bytes.Data(), bytes.ByteLength()}, (*hypervisor_)->kvm());
  if (!snapshot) return fail(info.Env(), snapshot.error());
  return wrap(info.Env(), snapshot.take());
}

Napi::Value HypervisorWrap::release(const Napi::CallbackInfo& info) {
  release_snapshot(info[0]);
  return info.Env().Undefined();
}

Napi::Value HypervisorWrap::facts(const Napi::CallbackInfo& info) {
  auto snapshot = unwrap_snapshot(info[0]);
  if (!snapshot) return bad_argument(info.Env(), "not a snapshot");
  auto out = Napi::Object::New(info.Env());
  out.Set("size", static_cast<double>(snapshot->guest_bytes()));
  out.Set("ownBytes", static_cast<double>(snapshot->memory->own_bytes()));
  out.Set("baseBytes", static_cast<double>(snapshot->memory->base().size()));
  out.Set("heapBytes", static_cast<double>(snapshot->heap_size));
  return out;
}

Napi::Value HypervisorWrap::stats(const Napi::CallbackInfo& info) {
  auto out = Napi::Object::New(info.Env());
  if (*hypervisor_ == nullptr) return out;
  const auto stats = (*hypervisor_)->stats();
  out.Set("shellsCreated", static_cast<double>(stats.shells_created));
  out.Set("shellsDestroyed", static_cast<double>(stats.shells_destroyed));
  out.Set("shellsLive", stats.shells_live);
  out.Set("lanes", stats.threads);
  out.Set("runs", static_cast<double>(stats.runs));
  return out;
}

Napi::Value HypervisorWrap::close(const Napi::CallbackInfo& info) {
  shut_down();
  return info.Env().Undefined();
}

}  // namespace colony::addon
