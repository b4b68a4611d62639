// clone, as C libraries use it to make threads. A virtine has one process, so every other use is refused.
#include <asm/errno.h>
#include <linux/sched.h>

#include "../process/process.h"
#include "../serve.h"
#include "threads.h"

static const uint64_t SHARED = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

struct request {
  uint64_t flags, stack, parent_number_at, child_number_at, thread_pointer;
};

static bool writable_number(const struct request *request, uint64_t flag, uint64_t address) {
  return (request->flags & flag) == 0 || user_range(address, sizeof(uint32_t));
}

static int64_t check(const struct request *request) {
  if ((request->flags & SHARED) != SHARED) return -ENOSYS;
  if (!writable_number(request, CLONE_PARENT_SETTID, request->parent_number_at)) return -EFAULT;
  if (!writable_number(request, CLONE_CHILD_SETTID, request->child_number_at)) return -EFAULT;
  return 0;
}

static void store_number(const struct request *request, uint64_t flag, uint64_t address, int64_t number) {
  if ((request->flags & flag) != 0) *(uint32_t *)address = (uint32_t)number;
}

static int64_t create(const struct request *request) {
  int64_t error = check(request);
  if (error < 0) return error;
  const struct birth birth = {
      .parent = serve_registers(),
      .stack = request->stack,
      .thread_pointer = request->thread_pointer,
      .has_thread_pointer = (request->flags & CLONE_SETTLS) != 0,
      .clear_number_at = (request->flags & CLONE_CHILD_CLEARTID) != 0 ? request->child_number_at : 0,
  };
  int64_t number = thread_create(&birth);
  if (number < 0) return number;
  store_number(request, CLONE_PARENT_SETTID, request->parent_number_at, number);
  store_number(request, CLONE_CHILD_SETTID, request->child_number_at, number);
  return number;
}

SYSTEM_CALL(clone) {
  return create(&(struct request){
      .flags = a[0], .stack = a[1], .parent_number_at = a[2], .child_number_at = a[3], .thread_pointer = a[4]});
}

SYSTEM_CALL(clone3) {
  struct clone_args given = {0};
  if (a[1] < CLONE_ARGS_SIZE_VER0) return -EINVAL;
  if (a[1] > PAGE) return -E2BIG;
  if (!user_range(a[0], a[1])) return -EFAULT;
  memcpy(&given, (const void *)a[0], a[1] < sizeof given ? a[1] : sizeof given);
  return create(&(struct request){.flags = given.flags,
                                  .stack = given.stack + given.stack_size,
                                  .parent_number_at = given.parent_tid,
                                  .child_number_at = given.child_tid,
                                  .thread_pointer = given.tls});
}

SYSTEM_CALL(exit) { thread_end((int)(a[0] & 0xff)); }

SYSTEM_CALL(gettid) {
  (void)a;
  return thread_number();
}

SYSTEM_CALL(set_tid_address) {
  thread_set_clear(a[0]);
  return thread_number();
}
