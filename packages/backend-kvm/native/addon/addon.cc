#include <napi.h>

#include "addon/hypervisor_wrap.h"

namespace {

Napi::Object init(Napi::Env env, Napi::Object exports) {
  exports.Set("Hypervisor", colony::addon::HypervisorWrap::define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(colony_kvm, init)
