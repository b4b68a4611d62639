// Makes the same random calls here and on Linux, in an empty directory, and compares results, errors and data.
//   differential-test [ROUNDS]
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "shim.h"

enum { USUAL_ROUNDS = 24, STEPS = 2500, ROOM = 16384, FIRST_DESCRIPTOR = 3, DESCRIPTORS = 10, ARGUMENTS = 6 };

// --- the calls -------------------------------------------------------------------------------------------------------

enum compared { RESULT, DATA, STATUS, STATUS_X };

// Each letter of `arguments` is a kind of value, see random_argument.
struct call {
  const char *name;
  long number;
  system_call *ours;
  const char *arguments;
  enum compared compared;
  int weight;
};

#define ROW(name, arguments, compared, weight) {#name, SYS_##name, sys_##name, arguments, compared, weight}

static const struct call kCalls[] = {
    ROW(open, "pom", RESULT, 8),        ROW(openat, "dpom", RESULT, 8),     ROW(creat, "pm", RESULT, 2),
    ROW(close, "f", RESULT, 12),        ROW(read, "fbn", DATA, 10),         ROW(write, "fin", RESULT, 12),
    ROW(pread64, "fbnz", DATA, 6),      ROW(pwrite64, "finz", RESULT, 6),   ROW(readv, "fVk", DATA, 3),
    ROW(writev, "fIk", RESULT, 3),      ROW(preadv, "fVkz", DATA, 2),       ROW(pwritev, "fIkz", RESULT, 2),
    ROW(lseek, "fsw", RESULT, 8),       ROW(stat, "pb", STATUS, 6),         ROW(lstat, "pb", STATUS, 6),
    ROW(fstat, "fb", STATUS, 6),        ROW(newfstatat, "dpbN", STATUS, 5), ROW(statx, "dpNTb", STATUS_X, 5),
    ROW(access, "pM", RESULT, 3),       ROW(faccessat, "dpM", RESULT, 2),   ROW(faccessat2, "dpMA", RESULT, 2),
    ROW(mkdir, "pm", RESULT, 10),       ROW(mkdirat, "dpm", RESULT, 6),     ROW(rmdir, "p", RESULT, 3),
    ROW(unlink, "p", RESULT, 4),        ROW(unlinkat, "dpR", RESULT, 4),    ROW(rename, "pp", RESULT, 8),
    ROW(renameat, "dpdp", RESULT, 4),   ROW(renameat2, "dpdpX", RESULT, 8), ROW(link, "pp", RESULT, 5),
    ROW(linkat, "dpdpF", RESULT, 5),    ROW(symlink, "pp", RESULT, 6),      ROW(symlinkat, "pdp", RESULT, 4),
    ROW(readlink, "pbl", DATA, 4),      ROW(readlinkat, "dpbl", DATA, 4),   ROW(truncate, "pZ", RESULT, 4),
    ROW(ftruncate, "fZ", RESULT, 4),    ROW(fallocate, "feZZ", RESULT, 3),  ROW(chmod, "pm", RESULT, 3),
    ROW(fchmod, "fm", RESULT, 3),       ROW(fchmodat, "dpm", RESULT, 2),    ROW(chown, "puu", RESULT, 2),
    ROW(lchown, "puu", RESULT, 2),      ROW(fchown, "fuu", RESULT, 2),      ROW(fchownat, "dpuuN", RESULT, 2),
    ROW(umask, "m", RESULT, 1),         ROW(utimensat, "dUtN", RESULT, 4),  ROW(futimesat, "dpt", RESULT, 1),
    ROW(utimes, "pt", RESULT, 1),       ROW(dup, "f", RESULT, 3),           ROW(dup2, "fg", RESULT, 3),
    ROW(dup3, "fgq", RESULT, 3),        ROW(fcntl, "fcv", RESULT, 6),       ROW(flock, "fO", RESULT, 2),
    ROW(fsync, "f", RESULT, 1),         ROW(fdatasync, "f", RESULT, 1),     ROW(fadvise64, "fZZM", RESULT, 1),
    ROW(getcwd, "bL", DATA, 4),         ROW(chdir, "p", RESULT, 5),         ROW(fchdir, "f", RESULT, 3),
    ROW(pipe2, "bQ", DATA, 2),          ROW(sendfile, "ffPh", RESULT, 4),   ROW(copy_file_range, "fPfPn0", RESULT, 4),
    ROW(close_range, "ggC", RESULT, 1),
};
enum { CALLS = sizeof kCalls / sizeof *kCalls };

// --- random arguments ------------------------------------------------------------------------------------------------

// The bytes that one side of a call reads and writes. Both sides begin with the same bytes.
struct side {
  uint8_t data[ROOM];
  int64_t offsets[2];
  struct iovec vector[4];
};

struct step {
  const struct call *call;
  uint64_t arguments[2][ARGUMENTS];  // ours, and Linux's
  char paths[3][2 * LONGEST_PATH];
  int path_count, offset_count;
};

static struct side sides[2];
static uint8_t input[ROOM];
static int64_t times[4];
static char longest_name[300];

static bool one_in(uint64_t count) { return random_below(count) == 0; }
#define ONE_OF(...) one_of((const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
static uint64_t one_of(const uint64_t *values, size_t count) { return values[random_below(count)]; }

static const char *random_name(void) {
  static const char *names[] = {"a", "b", "c", "d", "a", "b", "c", "d", "e", "f", ".", "..", "a", "b", "c"};
  if (!one_in(150)) return names[random_below(sizeof names / sizeof *names)];
  memset(longest_name, 'n', sizeof longest_name - 1);
  longest_name[one_in(2) ? 255 : 256] = '\0';
  return longest_name;
}

static void random_path(char *path) {
  uint64_t names = 1 + random_below(one_in(4) ? 5 : 2);
  path[0] = '\0';
  if (one_in(60)) return;
  if (one_in(3)) strcat(path, one_in(10) ? "//" : "/");
  if (one_in(60)) return;
  for (uint64_t i = 0; i < names; i++) {
    if (i > 0) strcat(path, one_in(12) ? "//" : "/");
    strcat(path, random_name());
  }
  if (one_in(10)) strcat(path, one_in(4) ? "//" : "/");
  if (!one_in(400)) return;
  while (strlen(path) < LONGEST_PATH) strcat(path, "/a");
  path[LONGEST_PATH - random_below(3)] = '\0';
}

static uint64_t random_descriptor(void) {
  return one_in(25) ? ONE_OF((uint64_t)-1, 900, 1024, (uint64_t)INT32_MAX)
                    : FIRST_DESCRIPTOR + random_below(DESCRIPTORS);
}

static uint64_t random_open_flags(void) {
  uint64_t flags = ONE_OF(O_RDONLY, O_WRONLY, O_RDWR, O_RDWR, O_RDWR);
  static const uint64_t bits[] = {O_CREAT,    O_CREAT,   O_EXCL,     O_TRUNC,    O_APPEND,
                                  O_NOFOLLOW, O_CLOEXEC, O_NONBLOCK, O_DIRECTORY};
  for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) flags |= one_in(i < 2 ? 2 : 6) ? bits[i] : 0;
  if (one_in(20)) flags |= O_PATH;
  if (one_in(40)) flags |= O_TMPFILE;
  if ((flags & O_TMPFILE) == O_TMPFILE || one_in(2)) flags &= ~(uint64_t)O_CREAT;
  if ((flags & O_CREAT) != 0) flags &= ~(uint64_t)O_DIRECTORY;
  return flags | O_NONBLOCK;
}

static uint64_t random_path_argument(struct step *step) {
  if (one_in(300)) return ONE_OF(8, (uint64_t)-1);
  random_path(step->paths[step->path_count]);
  return (uint64_t)step->paths[step->path_count++];
}

static uint64_t random_times(void) {
  for (size_t i = 0; i < 2; i++) {
    times[2 * i] = (int64_t)random_below(100000000);
    times[2 * i + 1] = (int64_t)ONE_OF(0, 5, 999999, 999999999, 1000000000, UTIME_NOW, UTIME_OMIT, (uint64_t)-1);
  }
  return one_in(5) ? 0 : (uint64_t)times;
}

static uint64_t random_control_value(uint64_t command) {
  if (command == F_SETFL) return O_NONBLOCK | ONE_OF(0, O_APPEND, O_NOATIME, O_RDWR, O_CREAT);
  if (command == F_SETFD) return random_below(3);
  return ONE_OF(3, 5, 9, 12, 1024, (uint64_t)-1);
}

// Fills the vectors of both sides with the same lengths.
static void random_vector(bool reads) {
  uint64_t at = 0;
  for (int i = 0; i < 4; i++) {
    uint64_t length = ONE_OF(0, 1, 17, 100, 700);
    for (int side = 0; side < 2; side++)
      sides[side].vector[i] = (struct iovec){reads ? sides[side].data + at : input + at, length};
    at += length;
  }
}

static uint64_t offset_argument(struct step *step, int side) {
  return (uint64_t)&sides[side].offsets[step->offset_count];
}

static uint64_t random_argument(struct step *step, char kind, const uint64_t *before) {
  switch (kind) {
    case 'p': return random_path_argument(step);
    case 'U': return one_in(4) ? 0 : random_path_argument(step);
    case 'f': return random_descriptor();
    case 'g': return one_in(20) ? 1024 : FIRST_DESCRIPTOR + random_below(DESCRIPTORS);
    case 'd': return one_in(2) ? (uint64_t)AT_FDCWD : random_descriptor();
    case 'o': return random_open_flags();
    case 'm': return ONE_OF(0644, 0755, 0, 0777, 02755, 04755, 01777, 0111, 0600);
    case 'n': return ONE_OF(0, 1, 10, 100, 300, 2000, 5000);
    case 'h': return ONE_OF(1, 10, 100, 300, 5000);
    case 'l': return ONE_OF(0, 1, 2, 100, 4096, (uint64_t)-1);
    case 'L': return ONE_OF(0, 1, 2, 5, 4096, 4096, 4096);
    case 'z': return ONE_OF(0, 1, 50, 400, 5000, (uint64_t)-1, (uint64_t)INT64_MIN);
    case 'Z': return ONE_OF(0, 1, 50, 400, 5000, (uint64_t)-1);
    case 's': return ONE_OF(0, 1, 50, (uint64_t)-3, 400, 5000, (uint64_t)INT64_MIN);
    case 'w': return ONE_OF(SEEK_SET, SEEK_CUR, SEEK_END, SEEK_SET, SEEK_CUR, 5, (uint64_t)-1);
    case 'i': return (uint64_t)input;
    case 'k': return random_below(5);
    case 'M': return ONE_OF(0, 1, 2, 3, 4, 5, 6, 7, 8);
    case 'N': return ONE_OF(0, 0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH, 1);
    case 'A': return ONE_OF(0, AT_EACCESS, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 1);
    case 'R': return ONE_OF(0, AT_REMOVEDIR, 1);
    case 'F': return ONE_OF(0, 0, AT_SYMLINK_FOLLOW, AT_EMPTY_PATH, 1);
    case 'X': return ONE_OF(0, 1, 2, 2, 3, 8);
    case 'T': return STATX_BASIC_STATS;
    case 'u': return ONE_OF(0, (uint64_t)-1);
    case 't': return random_times();
    case 'q': return ONE_OF(0, O_CLOEXEC, 1);
    case 'Q': return O_NONBLOCK | ONE_OF(0, O_CLOEXEC, O_APPEND);
    case 'C': return ONE_OF(0, 4, 8);
    case 'O': return ONE_OF(8, 12, 0, 16);  // a lock would wait for one of another open file
    case 'e': return ONE_OF(0, 1, 2, 3);
    case 'c': return ONE_OF(F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC, 999);
    case 'v': return random_control_value(before[-1]);
    default: return 0;
  }
}

// Arguments that point to a side's own bytes.
static bool side_argument(struct step *step, char kind, int side, uint64_t *value) {
  switch (kind) {
    case 'b': *value = (uint64_t)sides[side].data; return true;
    case 'V':
    case 'I': *value = (uint64_t)sides[side].vector; return true;
    case 'P': *value = offset_argument(step, side); return true;
    default: return false;
  }
}

static void fill_arguments(struct step *step) {
  for (int i = 0; step->call->arguments[i] != '\0'; i++) {
    char kind = step->call->arguments[i];
    if (kind == 'V' || kind == 'I') random_vector(kind == 'V');
    uint64_t value = kind == 'P' && one_in(2) ? 1 : random_argument(step, kind, &step->arguments[0][i]);
    for (int side = 0; side < 2; side++) {
      step->arguments[side][i] = value;
      if (kind != 'P' || value == 1) (void)side_argument(step, kind, side, &step->arguments[side][i]);
    }
    if (kind == 'P') step->offset_count++;
  }
}

static const struct call *random_call(void) {
  static int total;
  if (total == 0) {
    for (size_t i = 0; i < CALLS; i++) total += kCalls[i].weight;
  }
  int at = (int)random_below((uint64_t)total);
  const struct call *call = kCalls;
  while (at >= call->weight) at -= (call++)->weight;
  return call;
}

static void random_step(struct step *step) {
  *step = (struct step){.call = random_call()};
  for (int i = 0; i < 2; i++) sides[0].offsets[i] = sides[1].offsets[i] = (int64_t)ONE_OF(0, 7, 90, 600, (uint64_t)-1);
  memset(sides[0].data, 0xee, ROOM);
  memset(sides[1].data, 0xee, ROOM);
  for (size_t i = 0; i < ROOM; i++) input[i] = (uint8_t)(i * 7 + step->path_count + random_state);
  fill_arguments(step);
}

// --- reports ---------------------------------------------------------------------------------------------------------

enum { REMEMBERED = 60, LONGEST_LINE = 400 };
static char history[REMEMBERED][LONGEST_LINE];
static int step_number, round_number;

static void describe(const struct step *step, int64_t ours, int64_t linux_result) {
  char *line = history[step_number % REMEMBERED];
  int at = snprintf(line, LONGEST_LINE, "%d %s(", step_number, step->call->name);
  int path = 0;
  for (int i = 0; step->call->arguments[i] != '\0'; i++) {
    uint64_t value = step->arguments[0][i];
    bool text = strchr("pU", step->call->arguments[i]) != NULL && value > PAGE && value != UINT64_MAX;
    if (text) at += snprintf(line + at, LONGEST_LINE - at, "\"%.60s\" ", step->paths[path++]);
    else
      at +=
          snprintf(line + at, LONGEST_LINE - at, "%s%llx ", value >> 32 != 0 ? "..." : "0x", (unsigned long long)value);
  }
  snprintf(line + at, LONGEST_LINE - at, ") = %lld, Linux: %lld", (long long)ours, (long long)linux_result);
}

_Noreturn static void fail(const char *what) {
  for (int i = step_number < REMEMBERED ? 0 : step_number - REMEMBERED + 1; i <= step_number; i++)
    fprintf(stderr, "%s\n", history[i % REMEMBERED]);
  fprintf(stderr, "differential: %s differs in round %d (seed %lu)\n", what, round_number, test_seed);
  _exit(1);
}

// --- comparison ------------------------------------------------------------------------------------------------------

static char difference[100];

static bool is_old(int64_t seconds) { return seconds < 1000000000; }

static bool same_time(int64_t a, int64_t b) { return (!is_old(a) && !is_old(b)) || a == b; }

static void same(const char *name, uint64_t ours, uint64_t linux_value) {
  if (ours == linux_value) return;
  snprintf(difference, sizeof difference, "%s (%lu, Linux: %lu)", name, ours, linux_value);
  fail(difference);
}

static void compare_status(void) {
  const struct stat *a = (const struct stat *)sides[0].data;
  const struct stat *b = (const struct stat *)sides[1].data;
  same("st_mode", a->st_mode, b->st_mode);
  same("st_nlink", a->st_nlink, b->st_nlink);
  if (!S_ISDIR(a->st_mode)) same("st_size", (uint64_t)a->st_size, (uint64_t)b->st_size);
  if (!same_time(a->st_mtime, b->st_mtime)) same("st_mtime", (uint64_t)a->st_mtime, (uint64_t)b->st_mtime);
  if (is_old(a->st_mtime) && a->st_mtim.tv_nsec != b->st_mtim.tv_nsec) fail("st_mtim.tv_nsec");
}

static void compare_status_x(void) {
  const struct statx *a = (const struct statx *)sides[0].data;
  const struct statx *b = (const struct statx *)sides[1].data;
  same("stx_mode", a->stx_mode, b->stx_mode);
  same("stx_nlink", a->stx_nlink, b->stx_nlink);
  if (!S_ISDIR(a->stx_mode)) same("stx_size", (uint64_t)a->stx_size, (uint64_t)b->stx_size);
  if (!same_time(a->stx_mtime.tv_sec, b->stx_mtime.tv_sec)) fail("stx_mtime");
}

static void compare_data(const struct step *step, int64_t result) {
  if (step->call->compared == STATUS && result == 0) compare_status();
  if (step->call->compared == STATUS_X && result == 0) compare_status_x();
  if (step->call->compared == DATA && memcmp(sides[0].data, sides[1].data, ROOM) != 0) fail("data");
  if (memcmp(sides[0].offsets, sides[1].offsets, sizeof sides[0].offsets) != 0) fail("an offset");
}

static int64_t on_linux(long number, const uint64_t a[ARGUMENTS]) {
  long result = syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return result < 0 ? -errno : result;
}

static bool has_descriptor_of(const struct step *step, mode_t type) {
  struct stat status;
  for (int i = 0; step->call->arguments[i] != '\0'; i++) {
    bool descriptor = step->call->arguments[i] == 'f' && fstat((int)step->arguments[0][i], &status) == 0;
    if (descriptor && (status.st_mode & S_IFMT) == type) return true;
  }
  return false;
}

static bool copies_into_itself(const struct step *step) {
  struct stat from;
  struct stat to;
  bool open = fstat((int)step->arguments[0][0], &to) == 0 && fstat((int)step->arguments[0][1], &from) == 0;
  return step->call->ours == sys_sendfile && open && from.st_ino == to.st_ino;
}

// Linux moves pages between pipes and files, so a pipe is full sooner than here, and a copy of a file into itself may read
// what it wrote. Offsets in directories are cookies.
static bool is_incomparable(const struct step *step) {
  if (step->call->ours == sys_lseek) return has_descriptor_of(step, S_IFDIR);
  bool moves = step->call->ours == sys_sendfile || step->call->ours == sys_copy_file_range;
  return moves && (has_descriptor_of(step, S_IFIFO) || copies_into_itself(step));
}

static void run_step(void) {
  static struct step step;
  do random_step(&step);
  while (is_incomparable(&step));
  int64_t ours = step.call->ours(step.arguments[0]);
  int64_t theirs = on_linux(step.call->number, step.arguments[1]);
  describe(&step, ours, theirs);
  if (ours != theirs) fail("a result");
  compare_data(&step, ours);
}

// --- listings --------------------------------------------------------------------------------------------------------

struct listing {
  char names[512][300];
  size_t count;
};

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

struct record {
  uint64_t number;
  int64_t next;
  uint16_t length;
  uint8_t type;
  char name[];
};

static void take_records(struct listing *listing, const uint8_t *data, int64_t length) {
  for (int64_t at = 0; at < length;) {
    const struct record *record = (const struct record *)(data + at);
    CHECK(listing->count < 512);
    snprintf(listing->names[listing->count++], 300, "%s %d", record->name, record->type);
    at += record->length;
  }
}

static int64_t list(int side, uint64_t descriptor, uint64_t room, struct listing *listing) {
  uint64_t seek[ARGUMENTS] = {descriptor, 0, SEEK_SET};
  uint64_t read[ARGUMENTS] = {descriptor, (uint64_t)sides[side].data, room};
  int64_t got = side == 0 ? sys_lseek(seek) : on_linux(SYS_lseek, seek);
  listing->count = 0;
  if (got < 0) return got;
  for (;;) {
    got = side == 0 ? sys_getdents64(read) : on_linux(SYS_getdents64, read);
    if (got <= 0) return got;
    take_records(listing, sides[side].data, got);
  }
}

static void compare_listings(void) {
  static struct listing listings[2];
  uint64_t descriptor = FIRST_DESCRIPTOR + random_below(DESCRIPTORS);
  uint64_t room = ONE_OF(320, 600, 4096);
  int64_t ours = list(0, descriptor, room, &listings[0]);
  int64_t theirs = list(1, descriptor, room, &listings[1]);
  snprintf(history[step_number % REMEMBERED], LONGEST_LINE, "%d list %lu: %ld, Linux: %ld", step_number, descriptor,
           ours, theirs);
  if (ours != theirs) fail("the result of a listing");
  for (int side = 0; side < 2; side++) qsort(listings[side].names, listings[side].count, 300, by_name);
  if (listings[0].count != listings[1].count) fail("a listing's length");
  for (size_t i = 0; i < listings[0].count; i++) {
    if (strcmp(listings[0].names[i], listings[1].names[i]) != 0) fail("a listing");
  }
}

// --- rounds ----------------------------------------------------------------------------------------------------------

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
  (void)status, (void)type, (void)place;
  return remove(path);
}

// True if this process may change its root. Others become root of a namespace of their own.
static bool enter_root(const char *directory) {
  if (chroot(directory) == 0) return chdir("/") == 0;
  unsigned user = getuid();
  if (unshare(CLONE_NEWUSER) != 0) return false;
  char map[64];
  int length = snprintf(map, sizeof map, "0 %u 1\n", user);
  int file = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
  bool mapped = file >= 0 && write(file, map, (size_t)length) == length;
  if (file >= 0) close(file);
  return mapped && chroot(directory) == 0 && chdir("/") == 0;
}

// The leak check reads /proc, which a round cannot see. The unit test has it.
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0"; }

enum { CANNOT_ENTER = 77, PATIENCE = 60 };

static void run_round(const char *directory) {
  static struct host_facts facts;
  struct rlimit limit = {1024, 1024};
  if (!enter_root(directory)) _exit(CANNOT_ENTER);
  alarm(PATIENCE);
  signal(SIGPIPE, SIG_IGN);
  setrlimit(RLIMIT_NOFILE, &limit);
  close_range(FIRST_DESCRIPTOR, UINT32_MAX, 0);
  for (int i = 0; i < 3; i++) CHECK(mkdir((const char *[]){"/tmp", "/dev", "/proc"}[i], 0755) == 0);
  umask(022);
  files_begin();
  files_start(&facts, NULL, 0);
  for (step_number = 0; step_number < STEPS; step_number++) {
    if (one_in(15)) compare_listings();
    else run_step();
  }
  files_end();
  _exit(0);
}

static const char *base_directory(void) {
  struct statfs status;
  return statfs("/dev/shm", &status) == 0 && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

// Each round has a process and a directory of its own.
static int start_round(void) {
  char directory[64];
  int status = 0;
  snprintf(directory, sizeof directory, "%s/colony-files-XXXXXX", base_directory());
  CHECK(mkdtemp(directory) != NULL && chmod(directory, 0755) == 0);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) run_round(directory);
  CHECK(waitpid(child, &status, 0) == child);
  nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  if (WIFSIGNALED(status))
    fprintf(stderr, "differential: signal %d in round %d (seed %lu)\n", WTERMSIG(status), round_number, test_seed);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int count, char **arguments) {
  int rounds = count > 1 ? atoi(arguments[1]) : USUAL_ROUNDS;
  seed_tests();
  for (round_number = 0; round_number < rounds; round_number++) {
    random_state = (test_seed + (unsigned long)round_number * 1000003) * 2 + 1;
    int status = start_round();
    if (status == CANNOT_ENTER) return puts("differential: skipped, this user cannot change the root directory") < 0;
    if (status != 0) return 1;
  }
  printf("differential: ok, %d steps\n", rounds * STEPS);
  return 0;
}
