#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../../memory/memory.h"
#include "../../process/process.h"
#include "../../threads/threads.h"

const char *shim_roots[2] = {"", ""};
struct shim_counts shim_counts;

enum { LONGEST_HOST_PATH = 2 * LONGEST_PATH };
static const uint64_t kEndOfMemory = (uint64_t)1 << 47, kMostMemory = (uint64_t)1 << 40;

bool user_range(uint64_t address, uint64_t length) {
  if (length == 0) return true;
  return address >= PAGE && address < kEndOfMemory && length <= kEndOfMemory - address;
}

int64_t user_text(uint64_t address, char *to, size_t room) {
  if (!user_range(address, 1)) return -EFAULT;
  size_t length = strnlen((const char *)address, room);
  if (length == room) return -ENAMETOOLONG;
  memcpy(to, (const char *)address, length + 1);
  return (int64_t)length;
}

void *kernel_allocate(size_t size) { return size > kMostMemory ? NULL : calloc(1, size); }
void *kernel_resize(void *block, size_t size) { return size > kMostMemory ? NULL : realloc(block, size); }
void kernel_free(void *block) { free(block); }

void kernel_panic(const char *message) {
  fprintf(stderr, "panic: %s\n", message);
  abort();
}

const struct host_facts *shim_late;

void files_need_grants(void) {
  const struct host_facts *facts = shim_late;
  shim_late = NULL;
  if (facts != NULL) files_grant(facts);
}

// --- the host --------------------------------------------------------------------------------------------------------

static void host_path(enum host_store store, const char *path, char to[LONGEST_HOST_PATH]) {
  snprintf(to, LONGEST_HOST_PATH, "%s%s", shim_roots[store], path);
}

static int64_t fill_entry(const char *place, const char *path, const struct stat *status, struct host_entry *entry) {
  *entry = (struct host_entry){.size = (uint64_t)status->st_size, .permissions = status->st_mode & 07777};
  entry->modified = status->st_mtim.tv_sec * 1000 + status->st_mtim.tv_nsec / 1000000;
  entry->kind = S_ISDIR(status->st_mode) ? HOST_DIRECTORY : S_ISLNK(status->st_mode) ? HOST_LINK : HOST_FILE;
  snprintf(entry->path, sizeof entry->path, "%s", path);
  if (entry->kind != HOST_LINK) return 0;
  ssize_t length = readlink(place, entry->path, sizeof entry->path - 1);
  if (length < 0) return -errno;
  entry->path[length] = '\0';
  return 0;
}

int64_t host_look(enum host_store store, const char *path, bool follow, struct host_entry *entry) {
  char place[LONGEST_HOST_PATH];
  struct stat status;
  shim_counts.looks++;
  host_path(store, path, place);
  int failed = follow ? stat(place, &status) : lstat(place, &status);
  return failed != 0 ? -errno : fill_entry(place, path, &status, entry);
}

int64_t host_read(enum host_store store, const char *path, uint64_t offset, void *to, uint64_t length) {
  char place[LONGEST_HOST_PATH];
  shim_counts.reads++;
  host_path(store, path, place);
  int descriptor = open(place, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return -errno;
  ssize_t got = pread(descriptor, to, length, (off_t)offset);
  int error = errno;
  close(descriptor);
  return got < 0 ? -error : got;
}

static enum host_kind kind_of(const struct dirent *entry) {
  return entry->d_type == DT_DIR ? HOST_DIRECTORY : entry->d_type == DT_LNK ? HOST_LINK : HOST_FILE;
}

int64_t host_list(enum host_store store, const char *path, host_visit *visit, void *context) {
  char place[LONGEST_HOST_PATH];
  struct dirent **list = NULL;
  shim_counts.lists++;
  host_path(store, path, place);
  int count = scandir(place, &list, NULL, alphasort);
  if (count < 0) return -errno;
  for (int i = 0; i < count; i++) {
    const char *name = list[i]->d_name;
    if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) visit(context, name, strlen(name), kind_of(list[i]));
    free(list[i]);
  }
  free((void *)list);
  return 0;
}

int64_t host_write(const char *path, const void *from, uint64_t length) {
  char place[LONGEST_HOST_PATH];
  shim_counts.writes++;
  host_path(HOST_GRANTED, path, place);
  int descriptor = open(place, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) return -errno;
  ssize_t put = length == 0 ? 0 : write(descriptor, from, length);
  close(descriptor);
  return put == (ssize_t)length ? 0 : -EIO;
}

// --- the other rooms -------------------------------------------------------------------------------------------------

uint64_t clock_real(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t shim_now = 1234567890;
uint64_t clock_monotonic(void) { return shim_now; }
uint64_t clock_after(uint64_t nanoseconds) {
  return nanoseconds < FOR_EVER - 1 - shim_now ? shim_now + nanoseconds : FOR_EVER - 1;
}

int64_t clock_duration(uint64_t address, uint64_t *nanoseconds) {
  const struct timespec *time = (const struct timespec *)address;
  if (!user_range(address, sizeof *time)) return -EFAULT;
  if (time->tv_sec < 0 || time->tv_nsec < 0 || time->tv_nsec >= 1000000000) return -EINVAL;
  *nanoseconds = (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
  return 0;
}

void random_fill(void *to, size_t length) { memset(to, 0x5a, length); }
const char *process_executable(void) { return "/bin/program-with-a-long-name"; }

bool shim_interrupted;
uint64_t shim_sent, shim_mask;

void process_signal(int signal) { shim_sent |= (uint64_t)1 << (signal - 1); }
bool process_is_interrupted(void) { return shim_interrupted; }

int64_t process_wait_with(uint64_t address, uint64_t size) {
  if (address == 0) return 0;
  if (size != sizeof shim_mask) return -EINVAL;
  if (!user_range(address, size)) return -EFAULT;
  memcpy(&shim_mask, (const void *)address, sizeof shim_mask);
  return 0;
}

// --- threads ---------------------------------------------------------------------------------------------------------

void (*shim_other_thread)(void);

// The present wait: its place, and whether another thread woke it.
static uint64_t waits_at;
static bool woken;

static void let_other_run(uint64_t place) {
  void (*other)(void) = shim_other_thread;
  shim_other_thread = NULL;
  waits_at = place;
  woken = false;
  if (other != NULL) other();
  waits_at = 0;
}

enum wait_end thread_wait(uint64_t place, uint32_t mask, uint64_t until) {
  if (shim_interrupted) return INTERRUPTED;
  let_other_run((mask & ANY_WAKER) != 0 ? place : 0);
  if (woken) return WOKEN;
  if (shim_interrupted || until == FOR_EVER) return INTERRUPTED;
  if (shim_now < until) shim_now = until;
  return TIMED_OUT;
}

uint32_t thread_wake(uint64_t place, uint32_t mask, uint32_t most) {
  if (place != waits_at || mask == 0 || most == 0) return 0;
  woken = true;
  return 1;
}

int64_t sys_getpid(const uint64_t a[6]) {
  (void)a;
  return 42;
}

struct memory_bounds memory_bounds(void) { return (struct memory_bounds){0x200000, 64 << 20, 64 << 20}; }

void memory_regions(memory_visit *visit, void *context) {
  const struct memory_region regions[] = {
      {0x400000, 0x500000, 5, false, "/bin/program"},
      {0x600000, 0x700000, 3, false, NULL},
      {0x800000, 0x900000, 3, true, "kernel"},
  };
  for (size_t i = 0; i < sizeof regions / sizeof *regions; i++) visit(context, &regions[i]);
}
