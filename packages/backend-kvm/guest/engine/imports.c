// Imports of quickjs.wasm besides modules. Nothing is ambient: the JavaScript runtime gets time and randomness by
// hypercalls, so here they are constants, the same in every virtine.
#include "glue.h"

#include <string.h>

#define WASI_SUCCESS 0
#define WASI_EBADF 8

// Host functions are native entries of the function table; nothing is called by name.
u32 w2c_env_host_call(struct w2c_env *env, u32 name, u32 name_length, u32 self, u32 argc, u32 argv) {
  (void)env, (void)name, (void)name_length, (void)self, (void)argc, (void)argv;
  die(COLONY_TRAP_UNSUPPORTED, "host_call");
}

// The host has its own deadlines; the engine's are off.
u32 w2c_env_host_interrupt(struct w2c_env *env) {
  (void)env;
  return 0;
}

u32 w2c_env_host_get_timezone_offset(struct w2c_env *env, u32 high, u32 low) {
  (void)env, (void)high, (void)low;
  return 0;  // UTC
}

// Unhandled rejections are not reported: a call's own rejection is its result frame.
void w2c_env_host_promise_rejection(struct w2c_env *env, u32 promise, u32 reason, u32 handled) {
  (void)env, (void)handled;
  QJS(qjs_free_value, promise);
  QJS(qjs_free_value, reason);
}

u32 w2c_wasi__snapshot__preview1_clock_time_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 clock, u64 precision,
                                                u32 time_out) {
  (void)wasi, (void)clock, (void)precision;
  memset(native(time_out), 0, sizeof(uint64_t));
  return WASI_SUCCESS;
}

u32 w2c_wasi__snapshot__preview1_random_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 buffer, u32 length) {
  (void)wasi;
  memset(native(buffer), 0x5a, length);
  return WASI_SUCCESS;
}

u32 w2c_wasi__snapshot__preview1_fd_close(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd) {
  (void)wasi, (void)fd;
  return WASI_EBADF;
}

u32 w2c_wasi__snapshot__preview1_fd_fdstat_get(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd, u32 stat_out) {
  (void)wasi, (void)fd, (void)stat_out;
  return WASI_EBADF;
}

u32 w2c_wasi__snapshot__preview1_fd_seek(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd, u64 offset, u32 whence,
                                         u32 position_out) {
  (void)wasi, (void)fd, (void)offset, (void)whence, (void)position_out;
  return WASI_EBADF;
}

u32 w2c_wasi__snapshot__preview1_fd_write(struct w2c_wasi__snapshot__preview1 *wasi, u32 fd, u32 vectors, u32 count,
                                          u32 written_out) {
  (void)wasi, (void)fd, (void)vectors, (void)count, (void)written_out;
  return WASI_EBADF;
}
