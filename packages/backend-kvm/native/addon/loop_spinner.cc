#include "addon/loop_spinner.h"

#include <sched.h>

#include "base/os.h"

namespace colony::addon {

namespace {

// Bun has an event loop of its own, and ends the process when an addon calls libuv (https://github.com/oven-sh/bun/issues/18546).
bool has_libuv(Napi::Env env) {
  const Napi::Object versions = env.Global().Get("process").As<Napi::Object>().Get("versions").As<Napi::Object>();
  return !versions.Has("bun");
}

}  // namespace

LoopSpinner* LoopSpinner::create(Napi::Env env) {
  if (!has_libuv(env)) return nullptr;
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return nullptr;
  auto* spinner = new LoopSpinner();
  uv_idle_init(loop, &spinner->idle_);
  uv_unref(reinterpret_cast<uv_handle_t*>(&spinner->idle_));  // pending runs keep the loop alive, not this
  spinner->idle_.data = spinner;
  napi_add_async_cleanup_hook(env, on_environment_end, spinner, &spinner->hook_);
  return spinner;
}

void LoopSpinner::start(uint64_t ns) {
  if (closing_ || ns == 0) return;
  until_ = now_ns() + ns;
  uv_idle_start(&idle_, on_idle);
}

void LoopSpinner::stop() {
  if (!closing_) uv_idle_stop(&idle_);
}

void LoopSpinner::on_idle(uv_idle_t* handle) {
  auto* self = static_cast<LoopSpinner*>(handle->data);
  if (now_ns() >= self->until_) uv_idle_stop(handle);
  ::sched_yield();  // the run thread may be waiting for this very CPU
}

void LoopSpinner::close() {
  if (closing_) return;
  closing_ = true;
  uv_close(reinterpret_cast<uv_handle_t*>(&idle_), on_closed);
}

void LoopSpinner::on_closed(uv_handle_t* handle) {
  auto* self = static_cast<LoopSpinner*>(handle->data);
  if (self->hook_ != nullptr) napi_remove_async_cleanup_hook(self->hook_);
  delete self;
}

void LoopSpinner::on_environment_end(napi_async_cleanup_hook_handle, void* data) {
  static_cast<LoopSpinner*>(data)->close();
}

}  // namespace colony::addon
