// The library OS's side of Colony's frames: what a program is, and one run of it for each row of a call.
#include "boot/hypercall.h"
#include "facts.h"
#include "files/files.h"
#include "frames.h"
#include "host.h"
#include "memory/memory.h"
#include "process/process.h"
#include "runtime/cbor.h"
#include "runtime/utf8.h"
#include "serve.h"
#include "server.h"
#include "vectors.h"

#include <asm/errno.h>

// The program, from the load frame: texts are the library OS's own.
static struct {
  const char *path;
  struct texts arguments, environment;
  bool serves;  // calls, by itself
} program;

// --- reading ----------------------------------------------------------------------------------------------------------

static char *text_of(const struct cbor_item *item) {
  char *text = kernel_allocate(item->value + 1);
  memcpy(text, item->data, item->value);
  return text;
}

// A growing list of texts.
struct list {
  const char **items;
  size_t count, room;
};

static void add(struct list *list, const char *text) {
  if (list->count == list->room) {
    list->room = list->room == 0 ? 16 : 2 * list->room;
    list->items = (const char **)kernel_resize((void *)list->items, list->room * sizeof *list->items);
  }
  list->items[list->count++] = text;
}

static struct texts texts_of(const struct list *list) { return (struct texts){list->count, list->items}; }

static bool add_texts(struct list *list, struct cbor_item *array) {
  struct cbor_item item;
  if (array->kind != CBOR_ARRAY) return false;
  for (uint64_t i = 0; i < array->value; i++) {
    if (!cbor_item(&array->content, &item) || item.kind != CBOR_TEXT) return false;
    add(list, text_of(&item));
  }
  return true;
}

static char *variable(const struct cbor_item *name, const struct cbor_item *value) {
  char *text = kernel_allocate(name->value + value->value + 2);
  memcpy(text, name->data, name->value);
  text[name->value] = '=';
  memcpy(text + name->value + 1, value->data, value->value);
  return text;
}

static bool same_name(const char *variable, const struct cbor_item *name) {
  return strncmp(variable, (const char *)name->data, name->value) == 0 && variable[name->value] == '=';
}

// A variable of the call replaces the program's of that name.
static void set_variable(struct list *list, const struct cbor_item *name, const struct cbor_item *value) {
  for (size_t i = 0; i < list->count; i++) {
    if (same_name(list->items[i], name)) {
      list->items[i] = variable(name, value);
      return;
    }
  }
  add(list, variable(name, value));
}

static bool add_variables(struct list *list, struct cbor_item *map) {
  struct cbor_item name, value;
  if (map->kind != CBOR_MAP) return false;
  for (uint64_t i = 0; i < map->value; i++) {
    if (!cbor_item(&map->content, &name) || !cbor_item(&map->content, &value)) return false;
    if (name.kind != CBOR_TEXT || value.kind != CBOR_TEXT) return false;
    set_variable(list, &name, &value);
  }
  return true;
}

struct input {
  struct list arguments, environment;
  struct cbor_item standard_input;
  bool has_input, text;
  const char *folder;
};

static void begin_lists(struct input *input) {
  add(&input->arguments, program.path);
  for (size_t i = 0; i < program.arguments.count; i++) add(&input->arguments, program.arguments.items[i]);
  for (size_t i = 0; i < program.environment.count; i++) add(&input->environment, program.environment.items[i]);
}

// --- load: [0, filename, arguments, environment, [[path, isFile], ...], serves] ---------------------------------------

static void add_root(struct host_root *roots, size_t *count, struct cbor_item *root) {
  struct cbor_item path, file;
  if (*count == HOST_MOST_ROOTS || !cbor_item(&root->content, &path) || !cbor_item(&root->content, &file)) return;
  roots[(*count)++] = (struct host_root){text_of(&path), HOST_SET, file.value != 0, false};
}

static bool load_roots(struct cbor_item *array) {
  static struct host_root roots[HOST_MOST_ROOTS];
  size_t count = 0;
  struct cbor_item root;
  if (array->kind != CBOR_ARRAY || array->value > HOST_MOST_ROOTS) return false;
  for (uint64_t i = 0; i < array->value; i++) {
    if (!cbor_item(&array->content, &root) || root.kind != CBOR_ARRAY) return false;
    add_root(roots, &count, &root);
  }
  files_set_roots(roots, count);
  return true;
}

static bool load(struct cbor_reader *parts) {
  struct cbor_item path, arguments, environment, roots, serves;
  struct list given = {0}, variables = {0};
  if (!cbor_item(parts, &path) || path.kind != CBOR_TEXT) return false;
  if (!cbor_item(parts, &arguments) || !add_texts(&given, &arguments)) return false;
  if (!cbor_item(parts, &environment) || !add_variables(&variables, &environment)) return false;
  if (!cbor_item(parts, &roots) || !load_roots(&roots)) return false;
  if (!cbor_item(parts, &serves)) return false;
  program.serves = serves.kind == CBOR_BOOL && serves.value != 0;
  program.path = text_of(&path);
  program.arguments = texts_of(&given);
  program.environment = texts_of(&variables);
  return true;
}

static const char *reason(int64_t error) {
  switch (-error) {
    case ENOENT: return "the program, or the loader that it names, is not among its files";
    case ENOEXEC: return "the program is not an executable for 64-bit Linux on x86-64";
    case ENOMEM: return "the program does not fit into the memory";
    case E2BIG: return "the arguments and the environment are too long";
    case ELIBBAD: return "the loader that the program names is damaged";
    default: return "the program cannot be started";
  }
}

static void put_cannot_start(struct cbor_writer *out, int64_t error) {
  put_error(out, "ColonyError", reason(error), "ERR_COMPILE");
}

// Keeps the library OS's memory away from the stack, and from the addresses that the program is linked to.
static void keep_place(void) {
  static struct host_entry entry;
  static uint8_t first[PAGE];
  const uint64_t stack = 8 << 20, base = memory_bounds().base;
  int64_t length = -ENOENT;
  if (host_look(HOST_SET, program.path, true, &entry) == 0)
    length = host_read(HOST_SET, entry.path, 0, first, sizeof first);
  uint64_t end = length > 0 ? page_up(process_fixed_end(first, (size_t)length)) : 0;
  const uint64_t most = base + ((uint64_t)4 << 30);
  memory_keep_low(end > base + stack && end < most ? end : base + stack);
}

// With this variable glibc's loader maps the libraries of a program, prints them, and ends before the program begins.
static struct texts rehearsal_environment(void) {
  static const char *variables[] = {"LD_TRACE_LOADED_OBJECTS=1"};
  return (struct texts){1, variables};
}

// Lets the loader map the libraries, so that their files are in memory and their places are kept.
static void rehearse(const struct start *start) {
  if (!process_has_tracing_loader()) return;
  files_start(&call_facts, NULL, 0);
  serve_program(start);
  files_end();
}

// Starts the program, which serves all further frames.
static int64_t serve_for_good(struct cbor_writer *out) {
  struct start start;
  struct input input = {0};
  begin_lists(&input);
  struct program whole = {program.path, texts_of(&input.arguments), texts_of(&input.environment)};
  files_start(&call_facts, NULL, 0);
  int64_t failed = process_load(&whole, &call_facts, &start);
  if (failed < 0) return failed;
  put_outcome(out, 0);
  cbor_put_array(out, 0);
  server_run(&start, (struct bytes){out->start, (size_t)(out->at - out->start)});
}

static int64_t load_once(void) {
  struct start start;
  struct program whole = {program.path, program.arguments, rehearsal_environment()};
  memory_record();
  int64_t failed = process_load(&whole, &call_facts, &start);
  if (failed == 0) rehearse(&start);
  memory_keep();
  return failed;
}

// Loads the program once, to find what is wrong with it, and to have its files in memory.
static void serve_load(struct cbor_reader *parts, struct cbor_writer *out) {
  if (!load(parts)) kernel_panic("the load frame is not well-formed");
  keep_place();
  int64_t failed = program.serves ? serve_for_good(out) : load_once();
  if (failed < 0) {
    put_cannot_start(out, failed);
    return;
  }
  put_outcome(out, 0);
  cbor_put_array(out, 1);
  put_literal(out, "main");
}

// --- a call: [1, "main", [input]] ---------------------------------------------------------------------------------------

static bool read_input(struct cbor_item *given, struct input *input) {
  struct cbor_item value;
  begin_lists(input);
  if (given->kind == CBOR_UNDEFINED) return true;
  if (given->kind != CBOR_MAP) return false;
  if (cbor_get(given, "args", &value) && value.kind != CBOR_UNDEFINED && !add_texts(&input->arguments, &value))
    return false;
  if (cbor_get(given, "env", &value) && value.kind != CBOR_UNDEFINED && !add_variables(&input->environment, &value))
    return false;
  input->has_input = cbor_get(given, "stdin", &input->standard_input) &&
                     (input->standard_input.kind == CBOR_TEXT || input->standard_input.kind == CBOR_BYTES);
  input->text = cbor_get(given, "encoding", &value) && cbor_is(&value, "utf8");
  if (cbor_get(given, "cwd", &value) && value.kind == CBOR_TEXT) input->folder = text_of(&value);
  return true;
}

static int64_t put_files(struct cbor_item *given) {
  struct cbor_item files, path, content;
  if (given->kind != CBOR_MAP || !cbor_get(given, "files", &files) || files.kind != CBOR_MAP) return 0;
  for (uint64_t i = 0; i < files.value; i++) {
    if (!cbor_item(&files.content, &path) || !cbor_item(&files.content, &content)) return -EINVAL;
    if (path.kind != CBOR_TEXT || (content.kind != CBOR_TEXT && content.kind != CBOR_BYTES)) return -EINVAL;
    int64_t failed = files_put(text_of(&path), content.data, content.value);
    if (failed < 0) return failed;
  }
  return 0;
}

// Output that is not UTF-8 has U+FFFD for each byte that fits nowhere.
static void put_text(struct cbor_writer *out, struct bytes bytes) {
  static const uint8_t replacement[] = {0xef, 0xbf, 0xbd};
  size_t valid = utf8_valid_prefix(bytes.data, bytes.length);
  if (valid == bytes.length) {
    cbor_put_text(out, (const char *)bytes.data, bytes.length);
    return;
  }
  char *text = kernel_allocate(3 * bytes.length);
  size_t length = 0;
  for (size_t at = 0; at < bytes.length; at += valid) {
    valid = utf8_valid_prefix(bytes.data + at, bytes.length - at);
    memcpy(text + length, bytes.data + at, valid);
    length += valid;
    if (valid != 0) continue;
    memcpy(text + length, replacement, sizeof replacement);
    length += sizeof replacement;
    valid = 1;
  }
  cbor_put_text(out, text, length);
  kernel_free(text);
}

static void put_output(struct cbor_writer *out, struct bytes bytes, bool text) {
  if (text) put_text(out, bytes);
  else cbor_put_bytes(out, bytes.data, bytes.length);
}

static void count_file(void *context, const char *path, struct bytes content) {
  (void)path;
  (void)content;
  ++*(uint64_t *)context;
}

static void put_file(void *context, const char *path, struct bytes content) {
  struct cbor_writer *out = context;
  put_literal(out, path);
  cbor_put_bytes(out, content.data, content.length);
}

static void put_changed_files(struct cbor_writer *out) {
  uint64_t count = 0;
  files_changed(count_file, &count);
  cbor_put_map(out, count);
  files_changed(put_file, out);
}

static const char *const signal_names[] = {
    [1] = "SIGHUP",   [2] = "SIGINT",   [3] = "SIGQUIT",  [4] = "SIGILL",   [5] = "SIGTRAP",  [6] = "SIGABRT",
    [7] = "SIGBUS",   [8] = "SIGFPE",   [9] = "SIGKILL",  [10] = "SIGUSR1", [11] = "SIGSEGV", [12] = "SIGUSR2",
    [13] = "SIGPIPE", [14] = "SIGALRM", [15] = "SIGTERM", [24] = "SIGXCPU", [25] = "SIGXFSZ", [31] = "SIGSYS",
};

static void put_signal(struct cbor_writer *out, int number) {
  const size_t known = sizeof signal_names / sizeof *signal_names;
  if (number == 0) cbor_put_null(out);
  else if ((size_t)number < known && signal_names[number] != NULL) put_literal(out, signal_names[number]);
  else put_literal(out, "SIGUNKNOWN");
}

static void put_ending(struct cbor_writer *out, struct ending ending, bool text) {
  if (ending.message != NULL) files_complain(ending.message);
  put_outcome(out, 0);
  cbor_put_map(out, 5);
  put_literal(out, "status");
  if (ending.signal != 0) cbor_put_null(out);
  else cbor_put_natural(out, (uint64_t)(ending.status & 0xff));
  put_literal(out, "signal");
  put_signal(out, ending.signal);
  put_literal(out, "stdout");
  put_output(out, files_output(1), text);
  put_literal(out, "stderr");
  put_output(out, files_output(2), text);
  put_literal(out, "files");
  put_changed_files(out);
}

static void begin_call(const struct input *input) {
  const struct cbor_item *standard = &input->standard_input;
  facts_start();
  files_start(&call_facts, input->has_input ? standard->data : NULL, input->has_input ? standard->value : 0);
}

// Puts the call's files into memory and enters its working directory. Returns false after it has written why it could not.
static bool prepare_files(const struct input *input, struct cbor_item *given, struct cbor_writer *out) {
  if (put_files(given) < 0) {
    put_error(out, "ColonyError", "main: a path of `files` is not absolute, or lies below a file", "ERR_BAD_OPTION");
    return false;
  }
  if (input->folder == NULL || files_enter(input->folder) == 0) return true;
  put_error(out, "ColonyError", "main: `cwd` is not a directory among the program's files", "ERR_BAD_OPTION");
  return false;
}

static void run(const struct input *input, struct cbor_item *given, struct cbor_writer *out) {
  struct start start;
  struct program whole = {program.path, texts_of(&input->arguments), texts_of(&input->environment)};
  begin_call(input);
  if (!prepare_files(input, given, out)) return;
  int64_t failed = process_load(&whole, &call_facts, &start);
  if (failed < 0) {
    put_cannot_start(out, failed);
    return;
  }
  struct ending ending = serve_program(&start);
  files_end();
  put_ending(out, ending, input->text);
}

static void serve_row(struct cbor_item *arguments, struct cbor_writer *out) {
  struct input input = {0};
  struct cbor_item given = {.kind = CBOR_UNDEFINED};
  if (arguments->kind != CBOR_ARRAY) kernel_panic("the call frame is not well-formed");
  if (arguments->value > 0) cbor_item(&arguments->content, &given);
  if (!read_input(&given, &input)) {
    put_error(out, "TypeError", "main takes { args, stdin, env, files, cwd, encoding }", "ERR_BAD_OPTION");
    return;
  }
  run(&input, &given, out);
  serve_report_unsupported();
  memory_reset();
}

static void serve_batch(struct cbor_item *rows, struct cbor_writer *out) {
  put_outcome(out, 0);
  cbor_put_array(out, rows->value);
  for (uint64_t i = 0; i < rows->value; i++) {
    struct cbor_item row;
    if (!cbor_item(&rows->content, &row)) kernel_panic("the batch frame is not well-formed");
    serve_row(&row, out);
  }
}

static void serve_call(struct cbor_reader *parts, uint64_t kind, struct cbor_writer *out) {
  struct cbor_item name, rows;
  if (!cbor_item(parts, &name) || !cbor_item(parts, &rows) || rows.kind != CBOR_ARRAY)
    kernel_panic("the frame is not well-formed");
  if (!cbor_is(&name, "main"))
    put_error(out, "ColonyError", "a Linux program exports only `main`", "ERR_NO_SUCH_EXPORT");
  else if (kind == COLONY_FRAME_BATCH) serve_batch(&rows, out);
  else serve_row(&rows, out);
}

static void serve(const uint8_t *frame, size_t length, struct cbor_writer *out) {
  struct cbor_reader reader = cbor_reader(frame, length);
  struct cbor_item whole, kind;
  if (!cbor_item(&reader, &whole) || whole.kind != CBOR_ARRAY || !cbor_item(&whole.content, &kind))
    kernel_panic("the frame is not well-formed");
  if (kind.value == COLONY_FRAME_LOAD) serve_load(&whole.content, out);
  else serve_call(&whole.content, kind.value, out);
}

void colony_main(char *heap, size_t size, size_t capacity, uint64_t abi, const void *system_page) {
  (void)abi;
  vectors_begin(system_page);
  memory_begin((uint64_t)(uintptr_t)heap, size, capacity);
  facts_begin((const uint64_t *)((const char *)system_page + COLONY_LINUX_TSC_KHZ));
  files_begin();
  struct cbor_writer out = {0};
  for (;;) {
    struct bytes frame = next_frame(out.start, (size_t)(out.at - out.start));
    out = new_result();
    serve(frame.data, frame.length, &out);
    if (out.failed) kernel_panic("there is no memory for the result");
  }
}
