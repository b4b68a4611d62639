// Tests what Linux cannot show: files of the host, devices, /proc, streams, and what other rooms ask for.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../channel.h"
#include "check.h"
#include "shim.h"

#define CALL(name, ...) sys_##name((const uint64_t[6]){__VA_ARGS__})
#define P(pointer) ((uint64_t)(uintptr_t)(pointer))

static char base[64], set[80], granted[80];
static struct host_facts facts;

// --- help ------------------------------------------------------------------------------------------------------------

static void host_file(const char *path, const char *content) {
  FILE *file = fopen(path, "we");
  CHECK(file != NULL && fputs(content, file) >= 0);
  fclose(file);
}

static void host_text(const char *path, char *to, size_t room) {
  FILE *file = fopen(path, "re");
  CHECK(file != NULL);
  to[fread(to, 1, room - 1, file)] = '\0';
  fclose(file);
}

static const char *below(const char *directory, const char *path) {
  static char room[4][256];
  static int next;
  char *to = room[next++ % 4];
  snprintf(to, sizeof room[0], "%s%s", directory, path);
  return to;
}

static int64_t open_file(const char *path, uint64_t flags) { return CALL(open, P(path), flags, 0644); }

static const char *text_of(const char *path) {
  static char text[8192];
  int64_t file = open_file(path, O_RDONLY);
  CHECK(file >= 0);
  int64_t length = CALL(read, (uint64_t)file, P(text), sizeof text - 1);
  CHECK(length >= 0);
  text[length] = '\0';
  CHECK(CALL(close, (uint64_t)file) == 0);
  return text;
}

static struct stat status_of(const char *path) {
  struct stat status;
  CHECK(CALL(lstat, P(path), P(&status)) == 0);
  return status;
}

static int64_t write_text(const char *path, const char *text, uint64_t flags) {
  int64_t file = open_file(path, flags | O_WRONLY);
  if (file < 0) return file;
  int64_t written = CALL(write, (uint64_t)file, P(text), strlen(text));
  int64_t closed = CALL(close, (uint64_t)file);
  return written < 0 ? written : closed;
}

static void start(const char *input) { files_start(&facts, (const uint8_t *)input, strlen(input)); }

// --- the host's files ------------------------------------------------------------------------------------------------

static void test_set(void) {
  int looks = shim_counts.looks;
  CHECK(strcmp(text_of("/usr/lib/words"), "ant\nbee\n") == 0);
  CHECK(shim_counts.looks == looks + 3);
  CHECK(strcmp(text_of("/usr/lib/link"), "ant\nbee\n") == 0);
  CHECK(strcmp(text_of("/lib/words"), "ant\nbee\n") == 0);
  struct stat status = status_of("/usr/lib/words");
  CHECK(status.st_size == 8 && S_ISREG(status.st_mode) && status.st_ino == status_of("/usr/lib/../lib/words").st_ino);
  CHECK(status.st_dev != status_of("/tmp").st_dev);
}

static void test_set_is_cached(void) {
  (void)text_of("/usr/lib/words");
  CHECK(open_file("/usr/lib/missing", O_RDONLY) == -ENOENT);
  struct shim_counts before = shim_counts;
  (void)text_of("/usr/lib/words");
  CHECK(open_file("/usr/lib/missing", O_RDONLY) == -ENOENT);
  CHECK(before.looks == shim_counts.looks && before.reads == shim_counts.reads);
}

static void test_set_is_read_only(void) {
  CHECK(open_file("/usr/lib/words", O_WRONLY) == -EROFS);
  CHECK(open_file("/usr/lib/words", O_RDONLY | O_TRUNC) == -EROFS);
  CHECK(open_file("/usr/lib/new", O_WRONLY | O_CREAT) == -EROFS);
  CHECK(CALL(mkdir, P("/usr/lib/new"), 0755) == -EROFS);
  CHECK(CALL(mkdir, P("/usr/lib"), 0755) == -EEXIST);
  CHECK(CALL(unlink, P("/usr/lib/words")) == -EROFS);
  CHECK(CALL(rmdir, P("/usr/lib")) == -EROFS);
  CHECK(CALL(rmdir, P("/usr")) == -EBUSY);
  CHECK(CALL(rename, P("/usr/lib/words"), P("/usr/lib/other")) == -EROFS);
  CHECK(CALL(rename, P("/usr/lib/words"), P("/tmp/words")) == -EXDEV);
  CHECK(CALL(link, P("/usr/lib/words"), P("/tmp/words")) == -EXDEV);
  CHECK(CALL(symlink, P("a"), P("/usr/lib/new")) == -EROFS);
  CHECK(CALL(chmod, P("/usr/lib/words"), 0600) == -EROFS);
  CHECK(CALL(truncate, P("/usr/lib/words"), 0) == -EROFS);
  CHECK(CALL(access, P("/usr/lib/words"), W_OK) == -EROFS && CALL(access, P("/usr/lib/words"), R_OK) == 0);
  CHECK(CALL(access, P("/usr/lib/words"), X_OK) == -EACCES);
}

struct record {
  uint64_t number;
  int64_t next;
  uint16_t length;
  uint8_t type;
  char name[];
};

// Writes "name:type " of each entry but "." and "..".
static const char *list_of(const char *path) {
  static char text[4096];
  static uint8_t data[4096];
  int64_t file = open_file(path, O_RDONLY | O_DIRECTORY);
  int64_t length = CALL(getdents64, (uint64_t)file, P(data), sizeof data);
  text[0] = '\0';
  CHECK(file >= 0 && length > 0);
  for (int64_t at = 0; at < length;) {
    const struct record *record = (const struct record *)(data + at);
    if (record->name[0] != '.')
      snprintf(text + strlen(text), sizeof text - strlen(text), "%s:%d ", record->name, record->type);
    at += record->length;
  }
  CHECK(CALL(getdents64, (uint64_t)file, P(data), sizeof data) == 0);
  CHECK(CALL(close, (uint64_t)file) == 0);
  return text;
}

static void test_lists(void) {
  CHECK(strstr(list_of("/usr/lib"), "words:8 ") != NULL && strstr(list_of("/usr/lib"), "link:10 ") != NULL);
  CHECK(strstr(list_of("/usr/lib"), "deep:4 ") != NULL && strstr(list_of("/usr/lib"), "missing") == NULL);
  CHECK(strstr(list_of("/"), "usr:4 ") != NULL && strstr(list_of("/"), "tmp:4 ") != NULL);
  int looks = shim_counts.looks;
  CHECK(open_file("/usr/lib/unknown", O_RDONLY) == -ENOENT && shim_counts.looks == looks);
}

static void test_granted(void) {
  char text[64];
  CHECK(strcmp(text_of("/data/in"), "given") == 0);
  CHECK(write_text("/data/out", "made", O_CREAT) == 0);
  host_text(below(granted, "/data/out"), text, sizeof text);
  CHECK(strcmp(text, "made") == 0);
  int64_t file = open_file("/data/in", O_RDWR);
  CHECK(CALL(pwrite64, (uint64_t)file, P("G"), 1, 0) == 1);
  CHECK(CALL(fsync, (uint64_t)file) == 0);
  host_text(below(granted, "/data/in"), text, sizeof text);
  CHECK(strcmp(text, "Given") == 0);
  int writes = shim_counts.writes;
  CHECK(CALL(close, (uint64_t)file) == 0 && shim_counts.writes == writes);
  CHECK(CALL(truncate, P("/data/in"), 3) == 0);
  host_text(below(granted, "/data/in"), text, sizeof text);
  CHECK(strcmp(text, "Giv") == 0);
}

static void test_granted_limits(void) {
  CHECK(CALL(mkdir, P("/data/new"), 0755) == -EPERM);
  CHECK(CALL(unlink, P("/data/in")) == -EPERM);
  CHECK(CALL(rename, P("/data/in"), P("/data/other")) == -EPERM);
  CHECK(CALL(chmod, P("/data/in"), 0600) == -EPERM);
  CHECK(CALL(symlink, P("a"), P("/data/new")) == -EPERM);
  CHECK(open_file("/read/only", O_WRONLY) == -EROFS);
  CHECK(open_file("/read/new", O_WRONLY | O_CREAT) == -EROFS);
  CHECK(strcmp(text_of("/read/only"), "fixed") == 0);
}

static void test_granted_file(void) {
  char text[64];
  CHECK(open_file("/out/result", O_RDONLY) == -ENOENT);
  CHECK(write_text("/out/result", "done", O_CREAT) == 0);
  host_text(below(granted, "/out/result"), text, sizeof text);
  CHECK(strcmp(text, "done") == 0);
}

// Each call has its own granted directories, and sees what the host has then.
static void test_grants_end(void) {
  host_file(below(granted, "/data/in"), "later");
  start("");
  CHECK(strcmp(text_of("/data/in"), "later") == 0);
  size_t count = facts.root_count;
  facts.root_count = 0;
  start("");
  CHECK(open_file("/data/in", O_RDONLY) == -ENOENT);
  facts.root_count = count;
  start("");
  CHECK(strcmp(text_of("/data/in"), "later") == 0);
}

// A program that goes on gets the granted directories of a call at its first path. It keeps the files that it has open.
static void test_late_grants(void) {
  static const struct host_facts kNone;
  char text[32] = "";
  CHECK(CALL(chdir, P("/data")) == 0);
  const uint64_t old = (uint64_t)open_file("in", O_RDWR);
  host_file(below(granted, "/data/in"), "renewed");
  CHECK(strcmp(text_of("/data/in"), "renewed") != 0);
  shim_late = &facts;
  CHECK(strcmp(text_of("/data/in"), "renewed") == 0 && shim_late == NULL);
  CHECK(open_file("in", O_RDONLY) == -ENOENT);
  shim_late = &kNone;
  CHECK(open_file("/data/in", O_RDONLY) == -ENOENT && open_file("/read/only", O_RDONLY) == -ENOENT);
  CHECK(CALL(pwrite64, old, P("OPEN"), 4, 0) == 4 && CALL(close, old) == 0);
  host_text(below(granted, "/data/in"), text, sizeof text);
  CHECK(memcmp(text, "OPEN", 4) == 0);
  CHECK(CALL(chdir, P("/")) == 0);
}

// A granted directory may hide one in memory, which is there again in the next call.
static void test_grant_covers_memory(void) {
  CHECK(write_text("/tmp/own", "memory", O_CREAT) == 0);
  facts.roots[facts.root_count++] = (struct host_root){"/tmp", HOST_GRANTED, false, true};
  start("");
  CHECK(strcmp(text_of("/tmp/granted"), "host") == 0 && open_file("/tmp/own", O_RDONLY) == -ENOENT);
  facts.root_count--;
  start("");
  CHECK(strcmp(text_of("/tmp/own"), "memory") == 0 && open_file("/tmp/granted", O_RDONLY) == -ENOENT);
}

static void test_grant_of_everything(void) {
  struct host_root before = facts.roots[0];
  facts.roots[0] = (struct host_root){"/", HOST_GRANTED, false, false};
  facts.root_count = 1;
  start("");
  CHECK(strcmp(text_of("/read/only"), "fixed") == 0 && strcmp(text_of("/usr/lib/words"), "ant\nbee\n") == 0);
  CHECK(open_file("/new", O_WRONLY | O_CREAT) == -EROFS && write_text("/tmp/new", "x", O_CREAT) == 0);
  CHECK(strstr(list_of("/"), "read:4 ") != NULL && strstr(list_of("/"), "dev:4 ") != NULL);
  facts.roots[0] = before;
  facts.root_count = 3;
  start("");
  CHECK(open_file("/granted", O_RDONLY) == -ENOENT && write_text("/new", "x", O_CREAT) == 0);
  CHECK(strcmp(text_of("/usr/lib/words"), "ant\nbee\n") == 0 && strcmp(text_of("/read/only"), "fixed") == 0);
}

static void test_unwritten_at_the_end(void) {
  char text[64];
  int64_t file = open_file("/data/late", O_WRONLY | O_CREAT);
  CHECK(CALL(write, (uint64_t)file, P("late"), 4) == 4);
  files_end();
  host_text(below(granted, "/data/late"), text, sizeof text);
  CHECK(strcmp(text, "late") == 0);
  start("");
}

// --- devices, streams, /proc -----------------------------------------------------------------------------------------

static void test_devices(void) {
  uint8_t bytes[16];
  uint64_t zero = (uint64_t)open_file("/dev/zero", O_RDWR);
  uint64_t null = (uint64_t)open_file("/dev/null", O_RDWR);
  uint64_t full = (uint64_t)open_file("/dev/full", O_RDWR);
  uint64_t random = (uint64_t)open_file("/dev/urandom", O_RDONLY);
  memset(bytes, 1, sizeof bytes);
  CHECK(CALL(read, zero, P(bytes), 16) == 16 && bytes[15] == 0);
  CHECK(CALL(read, random, P(bytes), 16) == 16 && bytes[15] == 0x5a);
  CHECK(CALL(read, null, P(bytes), 16) == 0 && CALL(write, null, P(bytes), 16) == 16);
  CHECK(CALL(write, full, P(bytes), 16) == -ENOSPC);
  CHECK(CALL(lseek, null, 5, SEEK_SET) == 0);
  CHECK(open_file("/dev/tty", O_RDWR) == -ENXIO);
  struct stat status = status_of("/dev/null");
  CHECK(S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3));
}

static void test_streams(void) {
  char text[16] = {0};
  struct stat status;
  int32_t count = 0;
  start("hello");
  CHECK(CALL(ioctl, 0, FIONREAD, P(&count)) == 0 && count == 5);
  CHECK(CALL(read, 0, P(text), 2) == 2 && CALL(read, 0, P(text + 2), 9) == 3 && strcmp(text, "hello") == 0);
  CHECK(CALL(read, 0, P(text), 9) == 0);
  CHECK(CALL(lseek, 0, 0, SEEK_SET) == -ESPIPE && CALL(lseek, 1, 0, SEEK_CUR) == -ESPIPE);
  CHECK(CALL(write, 1, P("one"), 3) == 3 && CALL(write, 2, P("two"), 3) == 3 && write_text("/dev/stdout", "!", 0) == 0);
  CHECK(CALL(fstat, 1, P(&status)) == 0 && S_ISFIFO(status.st_mode));
  CHECK(CALL(ioctl, 1, TCGETS, P(text)) == -ENOTTY);
  CHECK(CALL(read, 1, P(text), 1) == -EBADF && CALL(write, 0, P(text), 1) == -EBADF);
  files_end();
  CHECK(files_output(1).length == 4 && memcmp(files_output(1).data, "one!", 4) == 0);
  CHECK(files_output(2).length == 3 && files_output(3).length == 0);
  start("");
  CHECK(files_output(1).length == 0);
}

static const char *link_of(const char *path) {
  static char text[300];
  int64_t length = CALL(readlink, P(path), P(text), sizeof text - 1);
  CHECK(length >= 0);
  text[length] = '\0';
  return text;
}

static void test_proc(void) {
  CHECK(strcmp(link_of("/proc/self/exe"), "/bin/program-with-a-long-name") == 0);
  CHECK(strcmp(text_of("/proc/self/comm"), "program-with-a-\n") == 0);
  CHECK(strncmp(text_of("/proc/self/maps"), "00400000-00500000 r-xp 00000000 00:00 0 ", 40) == 0);
  CHECK(strstr(text_of("/proc/self/maps"), " /bin/program\n00600000-00700000 rw-p 00000000 00:00 0 \n") != NULL);
  CHECK(strstr(text_of("/proc/self/maps"), "kernel") == NULL);
  CHECK(strstr(text_of("/proc/self/status"), "\nPid:\t42\n") != NULL);
  CHECK(strstr(text_of("/proc/meminfo"), "MemTotal:       65536 kB\n") != NULL);
  CHECK(strlen(text_of("/proc/sys/kernel/random/uuid")) == 37);
  CHECK(status_of("/proc/self/maps").st_size == 0);
  CHECK(open_file("/proc/missing", O_RDONLY) == -ENOENT && open_file("/proc/new", O_WRONLY | O_CREAT) == -EROFS);
}

static void test_proc_descriptors(void) {
  CHECK(write_text("/tmp/file", "text", O_CREAT) == 0);
  CHECK(open_file("/tmp/file", O_RDONLY) == 3);
  CHECK(strcmp(link_of("/proc/self/fd/3"), "/tmp/file") == 0 && strncmp(link_of("/dev/fd/1"), "pipe:[", 6) == 0);
  CHECK(strcmp(text_of("/proc/self/fd/3"), "text") == 0);
  CHECK(strstr(list_of("/proc/self/fd"), "3:10 ") != NULL && strstr(list_of("/proc/self/fd"), "0:10 ") != NULL);
  CHECK(CALL(close, 3) == 0 && open_file("/proc/self/fd/3", O_RDONLY) == -ENOENT);
  CHECK(CALL(close, 2) == 0 && strstr(list_of("/proc/self/fd"), "1:10 ") != NULL);
  CHECK(strstr(list_of("/proc/self/fd"), "3:10 ") == NULL);
}

static void test_temporary_file_gets_a_name(void) {
  uint64_t file = (uint64_t)open_file("/tmp", O_TMPFILE | O_RDWR);
  CHECK(CALL(write, file, P("named"), 5) == 5);
  char link[32];
  snprintf(link, sizeof link, "/proc/self/fd/%d", (int)file);
  CHECK(CALL(linkat, (uint64_t)AT_FDCWD, P(link), (uint64_t)AT_FDCWD, P("/tmp/named"), AT_SYMLINK_FOLLOW) == 0);
  CHECK(strcmp(text_of("/tmp/named"), "named") == 0);
}

// --- what other rooms ask for ----------------------------------------------------------------------------------------

static char changes[512];

static void note_change(void *context, const char *path, struct bytes content) {
  (void)context;
  snprintf(changes + strlen(changes), sizeof changes - strlen(changes), "%s=%.*s ", path, (int)content.length,
           (const char *)content.data);
}

static const char *changes_of_call(void) {
  changes[0] = '\0';
  files_changed(note_change, NULL);
  return changes;
}

static void test_changed(void) {
  CHECK(files_put("/app/deep/one", "1", 1) == 0 && files_put("/app/two", "2", 1) == 0);
  start("");
  CHECK(strcmp(changes_of_call(), "") == 0);
  CHECK(write_text("/app/two", "new", O_TRUNC) == 0 && write_text("/dev/shm/hidden", "x", O_CREAT) == 0);
  CHECK(write_text("/app/made", "3", O_CREAT) == 0);
  CHECK(strcmp(changes_of_call(), "/app/two=new /app/made=3 ") == 0);
  CHECK(CALL(rename, P("/app/deep"), P("/app/moved")) == 0);
  CHECK(strstr(changes_of_call(), "/app/moved/one=1 ") != NULL);
  CHECK(files_put("/app/two/three", "", 0) == -ENOTDIR && files_put("/usr/lib/words", "", 0) == -EEXIST);
}

static void test_content(void) {
  struct bytes content;
  CHECK(files_content("/usr/lib/words", &content) == 0 && content.length == 8);
  CHECK(files_content("/usr/lib", &content) == -EACCES && files_content("/none", &content) == -ENOENT);
  uint64_t file = (uint64_t)open_file("/tmp/sparse", O_RDWR | O_CREAT);
  CHECK(CALL(ftruncate, file, 9000) == 0);
  CHECK(files_mapped(file, &content) == 0 && content.length == 9000 && content.data[8999] == 0);
  CHECK(files_mapped(0, &content) == -ENODEV && files_mapped(77, &content) == -EBADF);
  CHECK(CALL(ftruncate, file, (uint64_t)1 << 61) == 0 && files_mapped(file, &content) == -ENOMEM);
  CHECK(CALL(pwrite64, file, P("x"), 1, (uint64_t)1 << 60) == -ENOSPC);
  CHECK(CALL(pwrite64, file, P("x"), 1, (uint64_t)1 << 62) == -EFBIG);
  CHECK(CALL(ftruncate, file, ((uint64_t)1 << 62) + 1) == -EFBIG);
}

static void test_many_files(void) {
  enum { MANY = 10000 };
  char path[64];
  CHECK(CALL(mkdir, P("/tmp/many"), 0755) == 0);
  for (int i = 0; i < MANY; i++) {
    snprintf(path, sizeof path, "/tmp/many/%d", i);
    CHECK(CALL(close, (uint64_t)open_file(path, O_CREAT | O_EXCL)) == 0);
  }
  for (int i = 0; i < MANY; i++) {
    snprintf(path, sizeof path, "/tmp/many/%d", i);
    CHECK(CALL(unlink, P(path)) == 0);
  }
  CHECK(CALL(rmdir, P("/tmp/many")) == 0);
}

static void test_deep_directories(void) {
  enum { DEEP = 5000 };
  for (int i = 0; i < DEEP; i++) CHECK(CALL(mkdir, P("d"), 0755) == 0 && CALL(chdir, P("d")) == 0);
  char text[LONGEST_PATH];
  CHECK(write_text("file", "x", O_CREAT) == 0);
  CHECK(CALL(getcwd, P(text), sizeof text) == -ENAMETOOLONG);
  CHECK(strstr(changes_of_call(), "file") == NULL);
  CHECK(CALL(chdir, P("/")) == 0 && CALL(rename, P("d"), P("e")) == 0);
}

static void test_descriptors_run_out(void) {
  int64_t last = 0;
  for (int64_t next; (next = open_file("/dev/null", O_RDONLY)) >= 0;) last = next;
  CHECK(last == 1023 && open_file("/dev/null", O_RDONLY) == -EMFILE && CALL(dup, 0) == -EMFILE);
  start("");
  CHECK(open_file("/dev/null", O_RDONLY) == 3);
}

// No call crashes by a pointer that a program got wrong.
static void test_bad_pointers(void) {
  const uint64_t bad = 8;
  const uint64_t end = ((uint64_t)1 << 47) - 4;
  CHECK(CALL(read, 0, bad, 0) == 0 && CALL(write, 1, bad, 1) == -EFAULT && CALL(write, 1, end, 8) == -EFAULT);
  CHECK(CALL(readv, 0, bad, 1) == -EFAULT && CALL(pipe, bad) == -EFAULT && CALL(poll, bad, 1, 0) == -EFAULT);
  CHECK(CALL(fstat, 0, bad) == -EFAULT && CALL(getcwd, bad, 100) == -EFAULT && CALL(statfs, P("/"), bad) == -EFAULT);
  CHECK(CALL(select, 5, bad, 0, 0, 0) == -EFAULT && CALL(select, 0, 0, 0, 0, bad) == -EFAULT);
  CHECK(CALL(poll, P(changes), UINT32_MAX, 0) == -EINVAL && CALL(fcntl, 0, F_GETLK, bad) == -EFAULT);
  uint64_t zero = (uint64_t)open_file("/dev/zero", O_RDONLY);
  CHECK(CALL(read, zero, bad, 1) == -EFAULT && CALL(ioctl, 0, FIONREAD, bad) == -EFAULT);
  CHECK(CALL(getdents64, (uint64_t)open_file("/", O_RDONLY), bad, 4096) == -EFAULT);
}

// --- the run ---------------------------------------------------------------------------------------------------------

static void make_host(void) {
  snprintf(base, sizeof base, "/tmp/colony-files-XXXXXX");
  CHECK(mkdtemp(base) != NULL);
  snprintf(set, sizeof set, "%s/set", base);
  snprintf(granted, sizeof granted, "%s/granted", base);
  const char *directories[] = {"/set",          "/set/usr",      "/set/usr/lib", "/set/usr/lib/deep", "/granted",
                               "/granted/data", "/granted/read", "/granted/out", "/granted/tmp"};
  for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
    CHECK(mkdir(below(base, directories[i]), 0755) == 0);
  host_file(below(set, "/usr/lib/words"), "ant\nbee\n");
  CHECK(symlink("words", below(set, "/usr/lib/link")) == 0 && symlink("usr/lib", below(set, "/lib")) == 0);
  host_file(below(granted, "/data/in"), "given");
  host_file(below(granted, "/read/only"), "fixed");
  host_file(below(granted, "/tmp/granted"), "host");
  shim_roots[HOST_SET] = set;
  shim_roots[HOST_GRANTED] = granted;
}

static void begin(void) {
  const struct host_root roots[] = {{"/usr", HOST_SET, false, false}, {"/lib", HOST_SET, false, false}};
  facts.roots[0] = (struct host_root){"/data", HOST_GRANTED, false, true};
  facts.roots[1] = (struct host_root){"/read", HOST_GRANTED, false, false};
  facts.roots[2] = (struct host_root){"/out/result", HOST_GRANTED, true, true};
  facts.root_count = 3;
  files_begin();
  files_set_roots(roots, 2);
  start("");
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
  (void)status, (void)type, (void)place;
  return remove(path);
}

// --- the channel of a program that serves calls -----------------------------------------------------------------------

static uint8_t exchanged[100000];
static size_t exchanged_length;
static unsigned exchanges;

// Answers with what was sent, twice.
static struct bytes twice(struct bytes message) {
  CHECK(2 * message.length <= sizeof exchanged);
  for (int i = 0; i < 2; i++) memcpy(exchanged + i * message.length, message.data, message.length);
  exchanges++;
  exchanged_length = 2 * message.length;
  return (struct bytes){exchanged, exchanged_length};
}

static struct bytes nothing(struct bytes message) {
  CHECK(message.length == 0);
  exchanges++;
  return (struct bytes){NULL, 0};
}

static void test_channel(void) {
  static uint8_t sent[30000], got[sizeof exchanged];
  for (size_t i = 0; i < sizeof sent; i++) sent[i] = (uint8_t)(i * 13 + i / 251);
  channel_start(twice, nothing);
  exchanges = 0;
  for (size_t length = 1; length <= sizeof sent; length = length * 3 + 1) {
    const size_t half = length / 2;
    CHECK(CALL(write, 3, P(sent), half) == (int64_t)half);
    CHECK(CALL(write, 3, P(sent + half), length - half) == (int64_t)(length - half));
    CHECK(CALL(read, 3, P(got), sizeof got) == (int64_t)(2 * length));
    CHECK(memcmp(got, sent, length) == 0 && memcmp(got + length, sent, length) == 0);
  }
  CHECK(exchanges == 10);
  // A message that fills its buffer ends with an empty read.
  CHECK(CALL(write, 3, P("abc"), 3) == 3);
  CHECK(CALL(read, 3, P(got), 4) == 4 && CALL(read, 3, P(got + 4), 2) == 2 && CALL(read, 3, P(got), 9) == 0);
  CHECK(memcmp(got, "abcabc", 6) == 0 && exchanges == 11);
  CHECK(CALL(read, 4, P(got), 9) == 0 && CALL(read, 4, P(got), 9) == 0 && exchanges == 13);
  CHECK(CALL(read, 3, P(NULL), 9) == -EFAULT && CALL(write, 3, P(NULL), 9) == -EFAULT);
  CHECK(CALL(lseek, 3, 0, SEEK_SET) == -ESPIPE && CALL(pread64, 3, P(got), 1, 0) == -ESPIPE);
  CHECK(CALL(close, 3) == 0 && CALL(read, 3, P(got), 9) == -EBADF);
}

int main(void) {
  seed_tests();
  make_host();
  begin();
  void (*const tests[])(void) = {
      test_set,
      test_set_is_cached,
      test_set_is_read_only,
      test_lists,
      test_granted,
      test_granted_limits,
      test_granted_file,
      test_grants_end,
      test_late_grants,
      test_grant_covers_memory,
      test_grant_of_everything,
      test_unwritten_at_the_end,
      test_devices,
      test_streams,
      test_proc,
      test_proc_descriptors,
      test_temporary_file_gets_a_name,
      test_changed,
      test_content,
      test_many_files,
      test_deep_directories,
      test_descriptors_run_out,
      test_bad_pointers,
      test_channel,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    start("");
    tests[i]();
  }
  files_end();
  nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  puts("files: ok");
  return 0;
}
