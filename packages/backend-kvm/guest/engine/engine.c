// A JavaScript virtine: starts quickjs-ng and its runtime script, then turns request frames into result frames.
#include "plain.h"

#include <string.h>

// Requests up to this size need no second hypercall and no allocation.
#define REQUEST_CAPACITY 65536
// The buffer for them begins in the middle of a page. The lower half of that page is the top of the engine's stack, so a
// short request and a shallow call together write one page.
#define SHARED_WITH_STACK 2048

// Bytes of the engine's own stack that JavaScript may use. The machine stack (COLONY_STACK_SIZE of the image) is
// sized so that this limit is met first, and JavaScript sees a RangeError instead of a fault.
#define JS_STACK_SIZE (512 * 1024)

// Garbage that a call may make before the collector runs. A fresh call's garbage vanishes with the call anyway.
#define GC_SLACK (8 * 1024 * 1024)

// Memory that the allocator has at hand for a call, in the snapshot already.
#define HEAP_SLACK (2 * 1024 * 1024)

#define PAGE 4096
// So many pages of zeros in a row, and no function has been further down the stack.
#define UNTOUCHED_PAGES 8

w2c_engine *engine;
js_ptr js_context;
js_ptr js_runtime;

extern const char colony_runtime_js[], colony_runtime_js_end[];

static js_value dispatch;
static js_ptr resize_request;
static char *request_buffer;
// The first buffer, which is not allocated.
static char *stack_buffer;
static bool request_returned;

// Runs when a request's ArrayBuffer is resized, transferred with another size, or collected.
static js_ptr on_resize_request(void *instance, js_ptr runtime, uint32_t capacity, js_ptr data, uint32_t size) {
  (void)instance, (void)runtime;
  if (size == 0 && native(data) == request_buffer) {
    request_returned = true;
    return 0;
  }
  if (native(data) != stack_buffer) return resize_owned(data, capacity, size);
  js_ptr moved = size == 0 ? 0 : guest(js_alloc(size));
  if (size > 0) memcpy(native(moved), stack_buffer, capacity < size ? capacity : size);
  return moved;
}

static void eval_script(const char *name, const char *source, const char *end) {
  js_ptr text = js_copy(source, (uint32_t)(end - source)), filename = js_copy(name, (uint32_t)strlen(name));
  js_value value = QJS(JS_Eval, js_context, text, (uint32_t)(end - source), filename, JS_EVAL_GLOBAL);
  if (value == JS_EXCEPTION) die_of_exception("the guest runtime failed to start");
  QJS(JS_FreeValue, js_context, value);
  QJS(free, filename);
  QJS(free, text);
}

static void start_engine(void) {
  wasm2c_engine_instantiate(engine, NULL, NULL);
  QJS(0x5Finitialize);
  request_buffer = stack_buffer = native(push_cells(REQUEST_CAPACITY + SHARED_WITH_STACK));
  if (QJS(qjs_init) != 0) die(COLONY_TRAP_MEMORY, "quickjs-ng did not start");
  js_context = QJS(qjs_get_context_ptr);
  js_runtime = QJS(qjs_get_runtime_ptr);
  QJS(qjs_set_max_stack_size, JS_STACK_SIZE);
  QJS(qjs_set_module_loader, 1);
  resize_request = new_resize_function(on_resize_request);
}

static void start_runtime(void) {
  js_value global = QJS(JS_GetGlobalObject, js_context);
  set_property(global, "__embedder", new_embedder());
  eval_script("colony:runtime", colony_runtime_js, colony_runtime_js_end);
  dispatch = get_property(global, "__dispatch");
  delete_property(global, "__dispatch");
  delete_property(global, "__embedder");
  QJS(JS_FreeValue, js_context, global);
}

struct answer answer_of(js_value buffer) {
  struct bytes bytes = array_buffer(buffer);
  if (bytes.data == NULL) die_of_exception("the guest runtime gave no result");
  return (struct answer){buffer, bytes};
}

// Hands over a result and gives the next request, in request_buffer or in memory of its own.
static struct bytes next_request(struct bytes result) {
  struct colony_reply reply =
      colony_hypercall(COLONY_OP_NEXT, result.data, result.length, request_buffer, REQUEST_CAPACITY);
  if (reply.status == COLONY_STATUS_OK) return (struct bytes){request_buffer, (uint32_t)reply.length};
  struct bytes large = {js_alloc((uint32_t)reply.length), (uint32_t)reply.length};
  colony_hypercall(COLONY_OP_FETCH, NULL, 0, large.data, large.length);
  return large;
}

// The request is not copied: it becomes an ArrayBuffer. Parts that the program keeps (a view of a byte array, say) stay
// valid, because the program keeps a buffer that did not come back.
static struct answer run(struct bytes request) {
  bool own = request.data == request_buffer;
  forget_seed();
  request_returned = false;
  js_value buffer = new_array_buffer(request, own ? REQUEST_CAPACITY : request.length, resize_request);
  if (buffer == JS_EXCEPTION) die_of_exception("no memory for a request");
  js_value result = call_function(dispatch, 1, &buffer);
  if (result == JS_EXCEPTION) die_of_exception("the guest runtime failed");

  QJS(JS_FreeValue, js_context, buffer);
  if (own && !request_returned) request_buffer = js_alloc(REQUEST_CAPACITY);
  return answer_of(result);
}

static struct answer serve(struct bytes request) {
  struct answer answer;
  if (request.data == request_buffer && call_directly(request, REQUEST_CAPACITY, &answer)) return answer;
  return run(request);
}

// Zeroes what finished functions left below the engine's stack pointer, down to where nothing has been: pages that are
// zero again cost a snapshot nothing.
static void clear_dead_stack(void) {
  js_ptr page = engine->w2c_0x5F_stack_pointer & ~(js_ptr)(PAGE - 1);
  for (int untouched = 0; untouched < UNTOUCHED_PAGES && page >= PAGE;) {
    page -= PAGE;
    const uint64_t *words = (const uint64_t *)native(page);
    size_t i = 0;
    while (i < PAGE / sizeof *words && words[i] == 0) i++;
    untouched = i == PAGE / sizeof *words ? untouched + 1 : 0;
    if (untouched == 0) memset(native(page), 0, PAGE);
  }
}

// Gives the allocator memory before the snapshot, so that calls find it mapped. Growing the heap in every call would
// cost a hypercall for each 64 KiB, and a fault for each page.
static void reserve_heap(void) { QJS(free, QJS(malloc, HEAP_SLACK)); }

// The load frame's result is handed over from a copy, so that at the snapshot nothing waits to be freed, and the
// collector has run.
static struct bytes finish_load(struct answer answer) {
  struct bytes result = answer.frame;
  if (result.length <= REQUEST_CAPACITY) {
    memcpy(request_buffer, result.data, result.length);
    result.data = request_buffer;
    QJS(JS_FreeValue, js_context, answer.owner);
  }
  forget_seed();
  QJS(JS_RunGC, js_runtime);
  QJS(JS_SetGCThreshold, js_runtime, QJS(JS_GetGCThreshold, js_runtime) + GC_SLACK);
  clear_dead_stack();
  return result;
}

void colony_main(char *heap, size_t heap_size, size_t heap_capacity, uint64_t abi, const void *system_page) {
  (void)heap, (void)heap_size, (void)heap_capacity, (void)abi, (void)system_page;
  w2c_engine instance = {0};
  engine = &instance;
  start_engine();
  start_runtime();
  know_plain();
  reserve_heap();
  clear_dead_stack();
  struct bytes request = next_request((struct bytes){NULL, 0});
  request = next_request(finish_load(run(request)));
  for (;;) {
    struct answer answer = serve(request);
    request = next_request(answer.frame);
    QJS(JS_FreeValue, js_context, answer.owner);
  }
}
