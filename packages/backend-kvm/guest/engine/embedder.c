// `__embedder`: what the guest's JavaScript runtime (core/src/guest) needs from below.
#include "glue.h"

// Replies up to this size need no second hypercall.
#define REPLY_CAPACITY 65536

static char *reply_buffer;
static js_ptr resize_reply;

static js_ptr on_resize_reply(void *instance, js_ptr runtime, uint32_t capacity, js_ptr data, uint32_t size) {
  (void)instance, (void)runtime;
  return resize_owned(data, capacity, size);
}

// hypercall(request: ArrayBuffer): ArrayBuffer
static js_value hypercall(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)self, (void)argc;
  struct bytes request = array_buffer(argument(argv, 0));
  if (request.data == NULL) return JS_EXCEPTION;
  struct colony_reply reply =
      colony_hypercall(COLONY_OP_CALL, request.data, request.length, reply_buffer, REPLY_CAPACITY);
  if (reply.status == COLONY_STATUS_OK) {
    return QJS(JS_NewArrayBufferCopy, context, guest(reply_buffer), (uint32_t)reply.length);
  }
  struct bytes large = {js_alloc((uint32_t)reply.length), (uint32_t)reply.length};
  colony_hypercall(COLONY_OP_FETCH, NULL, 0, large.data, large.length);
  return new_array_buffer(large, large.length, resize_reply);
}

// utf8Encode(text: string): ArrayBuffer
static js_value utf8_encode(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)self, (void)argc;
  struct bytes text = to_utf8(argument(argv, 0));
  if (text.data == NULL) return JS_EXCEPTION;
  js_value buffer = QJS(JS_NewArrayBufferCopy, context, guest(text.data), text.length);
  free_utf8(text);
  return buffer;
}

// utf8Decode(buffer: ArrayBuffer, offset: number, length: number): string
static js_value utf8_decode(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)self, (void)argc;
  uint32_t offset, length;
  if (!to_uint32(argument(argv, 1), &offset) || !to_uint32(argument(argv, 2), &length)) return JS_EXCEPTION;
  // Last, because conversions may run code that shrinks it.
  struct bytes buffer = array_buffer(argument(argv, 0));
  if (buffer.data == NULL) return JS_EXCEPTION;
  if (offset > buffer.length || length > buffer.length - offset) return throw_range_error("beyond the buffer's end");
  return QJS(JS_NewStringLen, context, guest(buffer.data) + offset, length);
}

// evalModule(filename: string, source: string, modules: Record<string, string>): Promise<namespace>
static js_value eval_module_function(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)context, (void)self, (void)argc;
  return eval_module(argument(argv, 0), argument(argv, 1), argument(argv, 2));
}

void drain_jobs(void) {
  // The exception of a job is dropped; its promise is rejected all the same.
  while (QJS(JS_IsJobPending, js_runtime) != 0) {
    js_ptr context_cell = push_cells(sizeof(js_ptr));
    int32_t status = (int32_t)QJS(JS_ExecutePendingJob, js_runtime, context_cell);
    pop_cells(sizeof(js_ptr));
    if (status < 0) QJS(JS_FreeValue, js_context, QJS(JS_GetException, js_context));
  }
}

// drainJobs(): void
static js_value drain_jobs_function(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)context, (void)self, (void)argc, (void)argv;
  drain_jobs();
  return JS_UNDEFINED;
}

// expose(finish, names: string[], functions: Record<string, Function>): void
static js_value expose(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)context, (void)self, (void)argc;
  expose_functions(argument(argv, 0), argument(argv, 1), argument(argv, 2));
  return JS_UNDEFINED;
}

// seeded(): void
static js_value seeded(void *instance, js_ptr context, js_value self, uint32_t argc, js_ptr argv) {
  (void)instance, (void)context, (void)self, (void)argc, (void)argv;
  note_seed();
  return JS_UNDEFINED;
}

js_value new_embedder(void) {
  static const struct {
    const char *name;
    js_native function;
    uint32_t length;
  } functions[] = {
      {"hypercall", hypercall, 1},
      {"utf8Encode", utf8_encode, 1},
      {"utf8Decode", utf8_decode, 3},
      {"evalModule", eval_module_function, 3},
      {"drainJobs", drain_jobs_function, 0},
      {"expose", expose, 3},
      {"seeded", seeded, 0},
  };
  reply_buffer = js_alloc(REPLY_CAPACITY);
  resize_reply = new_resize_function(on_resize_reply);
  js_value embedder = QJS(JS_NewObject, js_context);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    set_property(embedder, functions[i].name,
                 new_function(functions[i].function, functions[i].name, functions[i].length));
  }
  return embedder;
}
