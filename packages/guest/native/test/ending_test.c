// Tests the addon that ends a thread's resources, with a fake engine around it.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "check.h"

// Receives the signals that the addon sends.
static int test_kill(int pid, int signal);
#define kill test_kill
#include "../ending.c"  // NOLINT(bugprone-suspicious-include): its functions are static
#undef kill

// --- An engine: one environment, whose values are numbers and strings.
struct napi_value__ {
  uint32_t number;
  const char *text;
};
struct napi_callback_info__ {
  napi_value argument;
  void *data;
};

static struct napi_value__ result;
static struct {
  const char *name;
  napi_callback call;
  void *data;
} functions[8];
static size_t function_count;
static void (*hook)(void *);
static void *hook_data;
static bool refuses_hooks;

int napi_create_function(napi_env env, const char *name, size_t length, napi_callback call, void *data,
                         napi_value *out) {
  (void)env, (void)length;
  functions[function_count].name = name;
  functions[function_count].call = call;
  functions[function_count++].data = data;
  *out = &result;
  return OK;
}
int napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value) {
  (void)env, (void)object, (void)name, (void)value;
  return OK;
}
int napi_get_cb_info(napi_env env, napi_callback_info info, size_t *count, napi_value *arguments, napi_value *self,
                     void **data) {
  (void)env, (void)self;
  if (arguments != NULL && *count > 0) *arguments = info->argument;
  *count = info->argument == NULL ? 0 : 1;
  *data = info->data;
  return OK;
}
int napi_get_value_uint32(napi_env env, napi_value value, uint32_t *number) {
  (void)env;
  *number = value->number;
  return value->text == NULL ? OK : 1;
}
int napi_get_value_string_utf8(napi_env env, napi_value value, char *text, size_t size, size_t *length) {
  (void)env;
  if (value->text == NULL) return 1;
  snprintf(text, size, "%s", value->text);
  *length = strlen(text);
  return OK;
}
int napi_create_uint32(napi_env env, uint32_t number, napi_value *out) {
  (void)env;
  result.number = number;
  *out = &result;
  return OK;
}
int napi_add_env_cleanup_hook(napi_env env, void (*function)(void *), void *data) {
  (void)env;
  if (refuses_hooks) return 1;
  hook = function;
  hook_data = data;
  return OK;
}

static void start_environment(void) {
  function_count = 0;
  napi_register_module_v1(NULL, &result);
}
static void end_environment(void) { hook(hook_data); }

// Returns the number that the function returns; 0 for nothing.
static uint32_t call(const char *name, napi_value argument) {
  for (size_t i = 0; i < function_count; i++) {
    if (strcmp(functions[i].name, name) != 0) continue;
    struct napi_callback_info__ info = {argument, functions[i].data};
    napi_value given = functions[i].call(NULL, &info);
    return given == NULL ? 0 : given->number;
  }
  CHECK(false);
}
static uint32_t with_number(const char *name, uint32_t number) {
  return call(name, &(struct napi_value__){number, NULL});
}
static uint32_t with_text(const char *name, const char *text) { return call(name, &(struct napi_value__){0, text}); }

// --- Processes and folders.
static char folder[64];
static const char *below(const char *name) {
  static char paths[4][128];
  static int next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", folder, name);
  return path;
}
static bool exists(const char *path) {
  struct stat stat;
  return lstat(path, &stat) == 0;
}
static void make_file(const char *path) {
  int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  CHECK(file >= 0);
  close(file);
}

// Starts children that sleep, with `count` of them below each of `depth` levels. Returns when all exist.
static pid_t start_family(int count, int depth) {
  int ready[2];
  CHECK(pipe(ready) == 0);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    close(ready[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; depth > 0 && i < count; i++) start_family(count, depth - 1);
    if (write(ready[1], "", 1) != 1) _exit(1);
    close(ready[1]);
    for (;;) pause();
  }
  close(ready[1]);
  char byte;
  CHECK(read(ready[0], &byte, 1) == 1);
  close(ready[0]);
  return pid;
}

// True for a descendant of the test.
static bool is_ours(pid_t pid) {
  for (int i = 0; i < 8 && pid > 1; i++) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (!read_file(path, text, sizeof text)) return true;  // ended meanwhile
    pid = atoi(strchr(strrchr(text, ')') + 2, ' '));
    if (pid == getpid()) return true;
  }
  return false;
}
static int signals;
// The lowest pid that may get a signal.
static pid_t least;
static int test_kill(int pid, int signal) {
  signals++;
  CHECK(abs(pid) >= least);
  // A group's number is its leader's.
  CHECK(is_ours(pid < 0 ? -pid : pid));
  return kill(pid, signal);
}
// No child is left, not even as a zombie.
static bool has_no_children(void) { return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD; }

// --- Tests.
static void ends_processes(void) {
  start_environment();
  CHECK(with_number("addProcess", (uint32_t)start_family(3, 2)) == 1);
  CHECK(with_number("addProcess", (uint32_t)start_family(0, 0)) == 2);
  end_environment();
  CHECK(has_no_children());
}

static void forgets_what_is_removed(void) {
  start_environment();
  pid_t kept = start_family(0, 0);
  uint32_t number = with_number("addProcess", (uint32_t)kept);
  CHECK(with_number("addProcess", (uint32_t)start_family(0, 0)) == number + 1);
  with_number("remove", number);
  with_number("remove", number);
  with_number("remove", 12345);
  end_environment();
  CHECK(waitpid(kept, NULL, WNOHANG) == 0);
  kill(kept, SIGKILL);
  CHECK(waitpid(kept, NULL, 0) == kept);
}

// Pids start again at the lowest free one after the last. The next `count` processes get pids in order.
static void use_up_last_pids(int count) {
  char text[32];
  CHECK(read_file("/proc/sys/kernel/pid_max", text, sizeof text));
  for (pid_t pid = atoi(text); pid + count >= atoi(text);) {
    pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) _exit(0);
    CHECK(waitpid(pid, NULL, 0) == pid);
  }
}

// A list of children that is longer than one read returns.
static void ends_nobody_by_a_cut_number(void) {
  // Other processes of a busy machine start meanwhile, too.
  use_up_last_pids(5000);
  start_environment();
  signals = 0;
  least = start_family(900, 1);
  with_number("addProcess", (uint32_t)least);
  end_environment();
  CHECK(signals > 600);
  least = 0;
  CHECK(has_no_children());
}

static void waits_for_what_ended_before(void) {
  start_environment();
  pid_t pid = start_family(0, 0);
  with_number("addProcess", (uint32_t)pid);
  kill(pid, SIGKILL);
  end_environment();
  CHECK(has_no_children());
  // Other code may have waited for it.
  start_environment();
  pid = start_family(0, 0);
  with_number("addProcess", (uint32_t)pid);
  kill(pid, SIGKILL);
  CHECK(waitpid(pid, NULL, 0) == pid);
  end_environment();
}

static void removes_folders(void) {
  start_environment();
  CHECK(mkdir(below("empty"), 0700) == 0 && mkdir(below("full"), 0700) == 0 && mkdir(below("outside"), 0700) == 0);
  make_file(below("full/file"));
  make_file(below("outside/file"));
  CHECK(mkdir(below("tree"), 0700) == 0 && mkdir(below("tree/in"), 0700) == 0);
  make_file(below("tree/in/file"));
  CHECK(symlink(below("outside"), below("tree/in/link")) == 0);
  CHECK(symlink(below("outside"), below("link")) == 0);
  CHECK(with_text("addDirectory", below("empty")) != 0 && with_text("addDirectory", below("full")) != 0);
  CHECK(with_text("addTree", below("tree")) != 0 && with_text("addTree", below("link")) != 0);
  CHECK(with_text("addTree", below("never there")) != 0);
  end_environment();
  CHECK(!exists(below("empty")) && exists(below("full/file")));
  CHECK(!exists(below("tree")) && !exists(below("link")) && exists(below("outside/file")));
}

// A tree deeper than the limit: the rest stays, and nothing writes beyond the stack.
static void goes_so_deep_and_no_deeper(void) {
  start_environment();
  char path[512];
  size_t length = (size_t)snprintf(path, sizeof path, "%s", below("deep"));
  with_text("addTree", path);
  for (int i = 0; i < 60; i++) {
    CHECK(mkdir(path, 0700) == 0);
    length += (size_t)snprintf(path + length, sizeof path - length, "/d");
  }
  end_environment();
  CHECK(exists(below("deep")));
}

static void refuses_what_it_cannot_take(void) {
  start_environment();
  char *path = malloc(2 * MOST_PATH);
  CHECK(path != NULL);
  memset(path, 'a', 2 * MOST_PATH);
  path[0] = '/';
  for (size_t length = MOST_PATH - 2; length <= MOST_PATH + 1; length++) {
    path[length] = 0;
    CHECK((with_text("addTree", path) != 0) == (length < MOST_PATH - 1));
    path[length] = 'a';
  }
  free(path);
  CHECK(with_text("addTree", "") == 0 && with_text("addTree", "relative") == 0);
  CHECK(with_number("addTree", 5) == 0 && with_text("addProcess", "5") == 0);
  CHECK(with_number("addProcess", 0) == 0 && with_number("addProcess", 1) == 0 &&
        with_number("addProcess", UINT32_MAX) == 0);
  CHECK(call("addTree", NULL) == 0 && call("addProcess", NULL) == 0 && call("remove", NULL) == 0);
  end_environment();
  refuses_hooks = true;
  start_environment();
  CHECK(function_count == 0);
  refuses_hooks = false;
}

// Calls the functions in random order.
static void stays_whole(void) {
  for (int round = 0; round < 10; round++) {
    start_environment();
    uint32_t numbers[16] = {0};
    for (int step = 0; step < 40; step++) {
      uint32_t *number = &numbers[random_below(16)];
      switch (random_below(6)) {
        case 0: *number = with_number("addProcess", (uint32_t)start_family((int)random_below(2), 1)); break;
        case 1: *number = with_text("addTree", below("any")); break;
        case 2: *number = with_text("addDirectory", below("any")); break;
        case 3: with_number("remove", *number); break;
        default:
          if (random_below(16) == 0) call("end", NULL);
      }
    }
    end_environment();
    // The test ends processes that were removed from the list.
    for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) >= 0;) {
      char path[64], text[4096];
      snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
      if (pid == 0 && read_file(path, text, sizeof text)) kill(atoi(text), SIGKILL);
    }
  }
}

int main(void) {
  seed_tests();
  snprintf(folder, sizeof folder, "/tmp/colony-ending-XXXXXX");
  CHECK(mkdtemp(folder) != NULL);
  ends_processes();
  forgets_what_is_removed();
  ends_nobody_by_a_cut_number();
  waits_for_what_ended_before();
  removes_folders();
  goes_so_deep_and_no_deeper();
  refuses_what_it_cannot_take();
  stays_whole();
  char command[128];
  snprintf(command, sizeof command, "rm -rf %s", folder);
  CHECK(system(command) == 0);  // NOLINT(cert-env33-c)
  printf("ending: all tests passed\n");
}
