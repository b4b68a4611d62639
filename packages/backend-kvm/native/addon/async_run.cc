#include "addon/async_run.h"

namespace colony::addon {
namespace {

// Calls back into JavaScript with the status checked; what it throws is the process's uncaught exception, as for any
// callback of the event loop.
void call_back(Napi::Env env, const Napi::FunctionReference& callback, std::initializer_list<napi_value> arguments) {
  const Napi::HandleScope scope(env);
  napi_value function = callback.Value(), result = nullptr, undefined = env.Undefined();
  const std::vector<napi_value> list(arguments);
  if (napi_call_function(env, undefined, function, list.size(), list.data(), &result) != napi_pending_exception) return;
  napi_value exception = nullptr;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
}

// False while the environment is being torn down, when nothing can be made or called any more.
bool can_run(Napi::Env env) {
  napi_value object = nullptr;
  return napi_create_object(env, &object) == napi_ok && napi_set_element(env, object, 0, object) == napi_ok;
}

}  // namespace

std::shared_ptr<Mailbox> Mailbox::create(Napi::Env env, uint64_t spin_ns) {
  auto box = std::make_shared<Mailbox>();
  box->spinner_ = LoopSpinner::create(env);
  box->spin_ns_ = spin_ns;
  box->function_ = Function::New(env, "colony", 0, 1, box.get());
  box->function_.Unref(env);
  return box;
}

void Mailbox::run_started(Napi::Env env) {
  if (running_++ == 0) function_.Ref(env);
}

void Mailbox::spin() {
  if (spinner_ != nullptr) spinner_->start(spin_ns_);
}

void Mailbox::run_ended(Napi::Env env) {
  if (--running_ > 0) return;
  function_.Unref(env);
  if (spinner_ != nullptr) spinner_->stop();
}

// Queued messages are still delivered.
void Mailbox::close() {
  function_.Release();
  if (spinner_ != nullptr) spinner_->close();
  spinner_ = nullptr;
}

void Mailbox::post(std::unique_ptr<Message> message) {
  // Refused when the environment is going away: the message is dropped with everything that it holds.
  if (function_.NonBlockingCall(message.get()) == napi_ok) static_cast<void>(message.release());
}

void Mailbox::post_call(std::shared_ptr<AsyncRun> run, std::span<const uint8_t> request) {
  auto message = std::make_unique<Message>();
  message->box = shared_from_this();
  message->run = std::move(run);
  message->request.assign(request.begin(), request.end());
  post(std::move(message));
}

// Frees what the run holds now: JavaScript's handle of the run lives until it is collected as garbage.
void Mailbox::post_done(std::shared_ptr<AsyncRun> run, Result<Outcome> outcome) {
  run->job.snapshot = nullptr;
  run->job.instance = nullptr;
  run->job.input = {};
  run->input = {};
  auto message = std::make_unique<Message>();
  message->box = shared_from_this();
  message->run = std::move(run);
  message->outcome = std::make_unique<Result<Outcome>>(std::move(outcome));
  post(std::move(message));
}

void Mailbox::deliver_done(Napi::Env env, Message& message) {
  message.box->run_ended(env);
  auto on_done = std::move(message.run->on_done);
  message.run->on_call.Reset();
  Result<Outcome>& outcome = *message.outcome;
  if (outcome.ok()) {
    Outcome done = outcome.take();
    double numbers[kRunNumbers] = {};
    write_usage(done.usage, numbers);
    const auto number = [&](size_t i) { return Napi::Number::New(env, numbers[i]); };
    const Napi::Value frozen = done.frozen ? wrap(env, std::move(done.frozen)) : env.Undefined();
    call_back(env, on_done,
              {env.Null(), from_bytes(env, std::move(done.output)), frozen, number(kRunNumberWallTime),
               number(kRunNumberCpuTime), number(kRunNumberMemory), number(kRunNumberDirtyPages)});
  } else {
    call_back(env, on_done, {to_js(env, outcome.error()).Value()});
  }
}

void Mailbox::deliver(Napi::Env env, Napi::Function, Mailbox*, Message* raw) {
  const std::unique_ptr<Message> message(raw);
  if (static_cast<napi_env>(env) == nullptr) {
    // JavaScript is gone, and with it the references.
    message->run->on_call.SuppressDestruct();
    message->run->on_done.SuppressDestruct();
    return;
  }
  const Napi::HandleScope scope(env);
  if (!can_run(env)) return;
  if (message->outcome) return deliver_done(env, *message);
  if (!message->run->on_call.IsEmpty()) call_back(env, message->run->on_call, {copy_bytes(env, message->request)});
}

}  // namespace colony::addon
