// Keeps the event loop awake for a moment during a short call.
//
// Waking a sleeping thread costs more than a short call (39 us against a 60 us call on the machine that Colony was
// written on). While this spins, the loop polls instead of blocking: it iterates, serves every other event, and never
// waits for the guest.
#pragma once

#include <napi.h>
#include <uv.h>

#include <cstdint>

namespace colony::addon {

class LoopSpinner {
 public:
  // Closes itself when the environment goes away. Null if the runtime has no libuv: then each call wakes the loop.
  static LoopSpinner* create(Napi::Env env);

  // Spins for at most `ns` from now, until stop(): a call has begun.
  void start(uint64_t ns);
  void stop();
  // Ends and frees the spinner.
  void close();

 private:
  LoopSpinner() = default;
  static void on_idle(uv_idle_t* handle);
  static void on_closed(uv_handle_t* handle);
  static void on_environment_end(napi_async_cleanup_hook_handle handle, void* data);

  uv_idle_t idle_{};
  napi_async_cleanup_hook_handle hook_ = nullptr;
  uint64_t until_ = 0;
  bool closing_ = false;
};

}  // namespace colony::addon
