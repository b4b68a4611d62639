// Ends the resources that a thread of the host must not leave behind: child processes, their cgroups, temporary folders.
//
// JavaScript cannot do that. No JavaScript runs when a worker thread is terminated, and the loop that waited for the
// thread's children is gone with it. No other code in the process waits for them, so each stays as a zombie. Node calls
// the cleanup hook of an environment in both cases, on the environment's own thread.
//
//   addProcess(pid), addDirectory(path), addTree(path)   -> number      remove(number)      end()
//
// A list belongs to one environment and is used on its thread alone.
//
// The addon links no library: every C library has the few functions that it calls, and Node has loaded one. So one file
// serves glibc and musl. Node-API is a stable ABI; below are the prototypes of the functions that are used.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env, napi_callback_info);
int napi_create_function(napi_env, const char *, size_t, napi_callback, void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_get_cb_info(napi_env, napi_callback_info, size_t *, napi_value *, napi_value *, void **);
int napi_get_value_uint32(napi_env, napi_value, uint32_t *);
int napi_get_value_string_utf8(napi_env, napi_value, char *, size_t, size_t *);
int napi_create_uint32(napi_env, uint32_t, napi_value *);
int napi_add_env_cleanup_hook(napi_env, void (*)(void *), void *);

enum {
  OK = 0,
  API_VERSION = 8,
  PIDFD = 3,  // P_PIDFD, for older headers
  MOST_PATH = 4096,
  MOST_DEPTH = 32,   // for processes below a child, and for folders
  MOST_LOOKS = 50,   // checks of children that are ending, before they are killed
  PAUSE = 20,        // milliseconds between the checks
  LAST_WAIT = 1000,  // milliseconds to wait for a killed child
  MOST_RETRIES = 100,
};

enum kind { PROCESS, DIRECTORY, TREE };

struct item {
  struct item *next;
  uint32_t number;
  enum kind kind;
  pid_t pid;
  int pidfd;  // identifies the process even if its pid is used again
  char path[];
};

struct list {
  struct item *first;
  uint32_t last_number;
};

static void drop(struct item **place) {
  struct item *item = *place;
  *place = item->next;
  if (item->pidfd >= 0) close(item->pidfd);
  free(item);
}

// Reads a small file of /proc. Returns false if it does not exist.
static bool read_file(const char *path, char *text, size_t size) {
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  ssize_t length = read(file, text, size - 1);
  close(file);
  text[length < 0 ? 0 : length] = 0;
  return length >= 0;
}

// True for process 1 of a pid namespace, whose end ends all others in it.
static bool is_first_of_namespace(pid_t pid) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  if (!read_file(path, text, sizeof text)) return false;
  const char *line = strstr(text, "\nNSpid:");
  if (line == NULL) return false;
  const char *end = strchr(line + 1, '\n');
  return end != NULL && end[-1] == '1' && end[-2] == '\t';
}

// Ends processes without children first, so that each is waited for by its parent. An orphan is left to process 1,
// which in a container may never wait for it.
static void end_last(pid_t pid, int depth) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", pid, pid);
  bool known = depth < MOST_DEPTH && read_file(path, text, sizeof text);
  if (!known || text[0] == 0 || (depth > 0 && is_first_of_namespace(pid))) {
    kill(pid, SIGKILL);
    return;
  }
  char *at = text;
  for (;;) {
    pid_t child = 0;
    while (*at >= '0' && *at <= '9') child = child * 10 + (*at++ - '0');
    if (child <= 0) return;
    end_last(child, depth + 1);
    while (*at == ' ') at++;
  }
}

// Waits for a child that has ended. Also returns true if other code waited for it before.
static bool is_over(const struct item *item) {
  siginfo_t info;
  info.si_pid = 0;
  if (syscall(SYS_waitid, PIDFD, item->pidfd, &info, WEXITED | WNOHANG | WNOWAIT, NULL) != 0) return errno == ECHILD;
  if (info.si_pid == 0) return false;
  // A process that the child had just started may be left in its group: bubblewrap's first child then waits for ever.
  // The leader was not waited for yet, so the number of the group is still its own.
  kill(-item->pid, SIGKILL);
  syscall(SYS_waitid, PIDFD, item->pidfd, &info, WEXITED | WNOHANG, NULL);
  return true;
}

static void drop_ended(struct list *list) {
  for (struct item **place = &list->first; *place != NULL;) {
    if ((*place)->kind == PROCESS && is_over(*place)) drop(place);
    else place = &(*place)->next;
  }
}

static struct item *first_process(struct item *item) {
  while (item != NULL && item->kind != PROCESS) item = item->next;
  return item;
}

// Returns true if the child has ended.
static bool wait_for(const struct item *item, int milliseconds) {
  struct pollfd ended = {.fd = item->pidfd, .events = POLLIN};
  return poll(&ended, 1, milliseconds) > 0;
}

static void end_processes(struct list *list) {
  drop_ended(list);
  for (int look = 0; look < MOST_LOOKS && first_process(list->first) != NULL; look++) {
    for (struct item *item = list->first; (item = first_process(item)) != NULL; item = item->next)
      end_last(item->pid, 0);
    wait_for(first_process(list->first), PAUSE);
    drop_ended(list);
  }
  for (struct item *item = list->first; (item = first_process(item)) != NULL; item = item->next) {
    // If the child leads no group, no group has this number: the kernel does not reuse the pid while the child exists.
    kill(-item->pid, SIGKILL);
    kill(item->pid, SIGKILL);
    wait_for(item, LAST_WAIT);
  }
  drop_ended(list);
}

// Removes an empty folder. The kernel needs a while for a cgroup whose processes have just died.
static void remove_directory(const char *path, int *retries) {
  while (rmdir(path) != 0 && errno == EBUSY && (*retries)-- > 0) poll(NULL, 0, PAUSE / 2);
}

// Removes a folder and all in it. Links are removed and not followed.
static void remove_tree(int parent, const char *name, int depth) {
  if (unlinkat(parent, name, 0) == 0 || depth > MOST_DEPTH) return;
  int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *entries = folder < 0 ? NULL : fdopendir(folder);
  if (entries == NULL) {
    if (folder >= 0) close(folder);
    return;
  }
  for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
      remove_tree(folder, entry->d_name, depth + 1);
  }
  closedir(entries);
  unlinkat(parent, name, AT_REMOVEDIR);
}

// Ends processes first: they are in the cgroups, and write to the folders.
static void end_all(struct list *list) {
  end_processes(list);
  int retries = MOST_RETRIES;
  while (list->first != NULL) {
    if (list->first->kind == DIRECTORY) remove_directory(list->first->path, &retries);
    if (list->first->kind == TREE) remove_tree(AT_FDCWD, list->first->path, 0);
    drop(&list->first);
  }
}

static void clean_up(void *list) {
  end_all(list);
  free(list);
}

static napi_value argument(napi_env env, napi_callback_info info, struct list **list) {
  size_t count = 1;
  napi_value value = NULL;
  return napi_get_cb_info(env, info, &count, &value, NULL, (void **)list) == OK && count >= 1 ? value : NULL;
}

// 0 is never the number of an item.
static napi_value number_of(napi_env env, const struct item *item) {
  napi_value number = NULL;
  napi_create_uint32(env, item == NULL ? 0 : item->number, &number);
  return number;
}

static struct item *add(struct list *list, enum kind kind, const char *path, size_t length) {
  struct item *item = malloc(sizeof *item + length + 1);
  if (item == NULL) return NULL;
  *item = (struct item){.next = list->first, .number = ++list->last_number, .kind = kind, .pidfd = -1};
  memcpy(item->path, path, length);
  item->path[length] = 0;
  list->first = item;
  return item;
}

// Adds a child that was not waited for yet, so its pid is still its own.
static napi_value add_process(napi_env env, napi_callback_info info) {
  struct list *list = NULL;
  uint32_t pid = 0;
  napi_value value = argument(env, info, &list);
  if (value == NULL || napi_get_value_uint32(env, value, &pid) != OK || pid < 2 || pid > INT32_MAX)
    return number_of(env, NULL);
  int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
  if (pidfd < 0) return number_of(env, NULL);
  struct item *item = add(list, PROCESS, "", 0);
  if (item == NULL) close(pidfd);
  else {
    item->pid = (pid_t)pid;
    item->pidfd = pidfd;
  }
  return number_of(env, item);
}

static napi_value add_path(napi_env env, napi_callback_info info, enum kind kind) {
  struct list *list = NULL;
  char path[MOST_PATH];
  size_t length = 0;
  napi_value value = argument(env, info, &list);
  if (value == NULL || napi_get_value_string_utf8(env, value, path, sizeof path, &length) != OK)
    return number_of(env, NULL);
  // A truncated path names another file.
  bool whole = path[0] == '/' && length < sizeof path - 1 && strlen(path) == length;
  return number_of(env, whole ? add(list, kind, path, length) : NULL);
}

static napi_value add_directory(napi_env env, napi_callback_info info) { return add_path(env, info, DIRECTORY); }

static napi_value add_tree(napi_env env, napi_callback_info info) { return add_path(env, info, TREE); }

static napi_value remove_item(napi_env env, napi_callback_info info) {
  struct list *list = NULL;
  uint32_t number = 0;
  napi_value value = argument(env, info, &list);
  if (value == NULL || napi_get_value_uint32(env, value, &number) != OK) return NULL;
  struct item **place = &list->first;
  while (*place != NULL && (*place)->number != number) place = &(*place)->next;
  if (*place != NULL) drop(place);
  return NULL;
}

static napi_value end(napi_env env, napi_callback_info info) {
  struct list *list = NULL;
  size_t none = 0;
  if (napi_get_cb_info(env, info, &none, NULL, NULL, (void **)&list) == OK) end_all(list);
  return NULL;
}

static void set(napi_env env, napi_value exports, const char *name, napi_callback function, struct list *list) {
  napi_value value = NULL;
  if (napi_create_function(env, name, strlen(name), function, list, &value) == OK) {
    napi_set_named_property(env, exports, name, value);
  }
}

__attribute__((visibility("default"))) int32_t node_api_module_get_api_version_v1(void) { return API_VERSION; }

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  struct list *list = calloc(1, sizeof *list);
  if (list == NULL || napi_add_env_cleanup_hook(env, clean_up, list) != OK) {
    free(list);
    return exports;
  }
  set(env, exports, "addProcess", add_process, list);
  set(env, exports, "addDirectory", add_directory, list);
  set(env, exports, "addTree", add_tree, list);
  set(env, exports, "remove", remove_item, list);
  set(env, exports, "end", end, list);
  return exports;
}
