// The JavaScript class `Hypervisor`: src/native.ts is its only user and has its types.
#pragma once

#include <napi.h>

#include <memory>

#include "addon/async_run.h"
#include "pool/hypervisor.h"

namespace colony::addon {

class HypervisorWrap : public Napi::ObjectWrap<HypervisorWrap> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit HypervisorWrap(const Napi::CallbackInfo& info);
  ~HypervisorWrap() override;

 private:
  Napi::Value image(const Napi::CallbackInfo& info);
  Napi::Value instance(const Napi::CallbackInfo& info);
  Napi::Value run(const Napi::CallbackInfo& info);
  Napi::Value run_sync(const Napi::CallbackInfo& info);
  Napi::Value freeze(const Napi::CallbackInfo& info);
  Napi::Value drop(const Napi::CallbackInfo& info);
  Napi::Value serialize(const Napi::CallbackInfo& info);
  Napi::Value deserialize(const Napi::CallbackInfo& info);
  Napi::Value release(const Napi::CallbackInfo& info);
  Napi::Value facts(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);
  Napi::Value close(const Napi::CallbackInfo& info);

  bool open_or_throw(Napi::Env env);
  bool prepare(const Napi::CallbackInfo& info, Job& job);
  Napi::Object run_handle(Napi::Env env, const std::shared_ptr<AsyncRun>& run);
  void shut_down();

  // Null once closed. Run handles share the outer pointer, because they may outlive this object; runSync shares the
  // hypervisor itself, because JavaScript may close it meanwhile.
  std::shared_ptr<std::shared_ptr<Hypervisor>> hypervisor_ = std::make_shared<std::shared_ptr<Hypervisor>>();
  std::shared_ptr<Mailbox> mailbox_;
};

}  // namespace colony::addon
