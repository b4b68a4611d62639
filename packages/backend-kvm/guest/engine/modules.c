// ES modules: the main one and what it imports, from the table of sources that the load frame carries.
#include "glue.h"

#include <string.h>

// { specifier: source }; kept for dynamic imports during calls.
static js_value module_sources = JS_UNDEFINED;

js_value eval_module(js_value filename, js_value source, js_value modules) {
  QJS(JS_FreeValue, js_context, module_sources);
  module_sources = QJS(JS_DupValue, js_context, modules);
  struct bytes name = to_utf8(filename), text = to_utf8(source);
  if (name.data == NULL || text.data == NULL) return JS_EXCEPTION;
  // Gives the address of a boxed value: a promise of the module's namespace, or the exception mark.
  js_ptr box = QJS(qjs_eval, guest(text.data), text.length, guest(name.data), JS_EVAL_MODULE);
  js_value promise = QJS(JS_DupValue, js_context, *(js_value *)native(box));
  QJS(qjs_free_value, box);
  free_utf8(name);
  free_utf8(text);
  return promise;
}

static bool is_relative(const char *specifier) {
  if (*specifier++ != '.') return false;
  if (*specifier == '.') specifier++;
  return *specifier == '/';
}

// Length of `path` without its last segment and without the slash before that.
static size_t parent_length(const char *path, size_t length) {
  while (length > 0 && path[length - 1] != '/') length--;
  return length > 0 ? length - 1 : 0;
}

// Resolves a relative specifier against the path of the importing file. "a/b.js" + "../c.js" is "c.js".
static js_ptr resolve(const char *base, const char *specifier) {
  char *path = js_alloc((uint32_t)(strlen(base) + strlen(specifier) + 2));
  bool absolute = base[0] == '/';
  size_t length = parent_length(base, strlen(base));
  memcpy(path, base, length);
  while (*specifier != 0) {
    size_t segment = 0;
    while (specifier[segment] != '/' && specifier[segment] != 0) segment++;
    if (segment == 2 && memcmp(specifier, "..", 2) == 0) {
      length = parent_length(path, length);
    } else if (segment > 0 && !(segment == 1 && *specifier == '.')) {
      if (length > 0 || absolute) path[length++] = '/';
      memcpy(path + length, specifier, segment);
      length += segment;
    }
    specifier += segment;
    if (*specifier == '/') specifier++;
  }
  path[length] = 0;
  return guest(path);
}

static js_value find_source(js_ptr specifier) {
  js_value object = module_sources;
  if (object == JS_UNDEFINED) return JS_UNDEFINED;
  return QJS(JS_GetPropertyStr, js_context, object, specifier);
}

// Import of quickjs-wasi: gives a name that it frees. A relative specifier that resolves to no module of the table
// stays as it was written, so that tables may also be keyed by the text of the import.
u32 w2c_env_host_module_normalize(struct w2c_env *env, u32 base, u32 specifier) {
  (void)env;
  const char *name = native(specifier);
  if (is_relative(name)) {
    js_ptr resolved = resolve(native(base), name);
    js_value source = find_source(resolved);
    QJS(JS_FreeValue, js_context, source);
    if (source != JS_UNDEFINED) return resolved;
    QJS(free, resolved);
  }
  return js_copy(name, (uint32_t)strlen(name));
}

// Import of quickjs-wasi: gives source text that it frees, or 0, which it reports as a module not found.
u32 w2c_env_host_module_load(struct w2c_env *env, u32 name, u32 length_out) {
  (void)env;
  js_value source = find_source(name);
  if (source == JS_UNDEFINED || source == JS_EXCEPTION) return 0;
  struct bytes text = to_utf8(source);
  QJS(JS_FreeValue, js_context, source);
  if (text.data == NULL) return 0;
  js_ptr copy = js_copy(text.data, text.length);
  *(uint32_t *)native(length_out) = text.length;
  free_utf8(text);
  return copy;
}
