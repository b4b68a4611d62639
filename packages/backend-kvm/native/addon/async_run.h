// One asynchronous run, between the JavaScript thread and a run thread.
#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "addon/loop_spinner.h"
#include "addon/values.h"
#include "pool/hypervisor.h"

namespace colony::addon {

class Mailbox;

// Held by JavaScript (to answer and cancel) and by its run thread. Only the JavaScript thread touches references to JavaScript.
struct AsyncRun : std::enable_shared_from_this<AsyncRun> {
  Job job;
  std::vector<uint8_t> input;  // copied in: the caller's buffers may change while it runs
  Napi::FunctionReference on_call;
  Napi::FunctionReference on_done;

  // A pointer to the job that keeps the whole run alive.
  std::shared_ptr<Job> shared_job() { return {shared_from_this(), &job}; }
};

// From run threads to the JavaScript thread: an ordered queue behind one threadsafe function, which keeps the event loop
// alive exactly while runs are going.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
 public:
  // `spin_ns`: the time for which the event loop may poll for the end of a call before it sleeps.
  static std::shared_ptr<Mailbox> create(Napi::Env env, uint64_t spin_ns);
  // Called on the JavaScript thread.
  void run_started(Napi::Env env);
  // Reports that the run's thread is at work: its result may come before the event loop could fall asleep and be woken.
  void spin();
  void run_ended(Napi::Env env);
  void close();

  // Called on run threads.
  void post_call(std::shared_ptr<AsyncRun> run, std::span<const uint8_t> request);
  void post_done(std::shared_ptr<AsyncRun> run, Result<Outcome> outcome);

 private:
  struct Message {
    std::shared_ptr<Mailbox> box;
    std::shared_ptr<AsyncRun> run;
    std::vector<uint8_t> request;
    std::unique_ptr<Result<Outcome>> outcome;  // absent for a call
  };
  static void deliver(Napi::Env env, Napi::Function callback, Mailbox* context, Message* raw);
  using Function = Napi::TypedThreadSafeFunction<Mailbox, Message, &Mailbox::deliver>;
  void post(std::unique_ptr<Message> message);
  static void deliver_done(Napi::Env env, Message& message);

  Function function_;
  LoopSpinner* spinner_ = nullptr;  // frees itself
  uint64_t spin_ns_ = 0;
  uint32_t running_ = 0;
};

}  // namespace colony::addon
