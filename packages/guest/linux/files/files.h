// Files, as the other rooms use them.
#ifndef COLONY_LINUX_FILES_H
#define COLONY_LINUX_FILES_H

#include "../host.h"
#include "../kernel.h"

// The system calls of this room. table.c makes a row of each.
#define FILE_CALLS(ROW)                                                                                              \
  ROW(read) ROW(write) ROW(open) ROW(close) ROW(stat) ROW(fstat) ROW(lstat) ROW(poll) ROW(lseek) ROW(ioctl)            \
  ROW(pread64) ROW(pwrite64) ROW(readv) ROW(writev) ROW(preadv) ROW(pwritev) ROW(access) ROW(pipe) ROW(select)         \
  ROW(dup) ROW(dup2) ROW(dup3) ROW(fcntl) ROW(flock) ROW(fsync) ROW(fdatasync) ROW(truncate) ROW(ftruncate)            \
  ROW(getdents64) ROW(getcwd) ROW(chdir) ROW(fchdir) ROW(rename) ROW(renameat) ROW(renameat2) ROW(mkdir) ROW(mkdirat)  \
  ROW(rmdir) ROW(creat) ROW(link) ROW(linkat) ROW(unlink) ROW(unlinkat) ROW(symlink) ROW(symlinkat) ROW(readlink)      \
  ROW(readlinkat) ROW(chmod) ROW(fchmod) ROW(fchmodat) ROW(chown) ROW(fchown) ROW(lchown) ROW(fchownat) ROW(umask)     \
  ROW(utimensat) ROW(futimesat) ROW(utimes) ROW(statfs) ROW(fstatfs) ROW(openat) ROW(newfstatat) ROW(faccessat)        \
  ROW(faccessat2) ROW(statx) ROW(pselect6) ROW(ppoll) ROW(fallocate) ROW(pipe2) ROW(sendfile) ROW(copy_file_range)     \
  ROW(fadvise64) ROW(sync) ROW(syncfs) ROW(close_range)                           \
  ROW(eventfd) ROW(eventfd2) ROW(timerfd_create) ROW(timerfd_settime) ROW(timerfd_gettime) ROW(epoll_create)           \
  ROW(epoll_create1) ROW(epoll_ctl) ROW(epoll_wait) ROW(epoll_pwait) ROW(epoll_pwait2)

#define DECLARE_CALL(name) system_call sys_##name;
FILE_CALLS(DECLARE_CALL)

// Begins with an empty memory file system: /, /tmp, /dev and /proc.
void files_begin(void);
// The roots of the read-only set, which the load frame has, come before the first program runs.
void files_set_roots(const struct host_root *roots, size_t count);

// Begins a call: descriptors 0, 1 and 2, the granted directories of `facts`, the working directory `/`.
// Output goes to growing buffers; input is `input`, which the caller keeps.
void files_start(const struct host_facts *facts, const uint8_t *input, size_t length);
// Provided by the caller of this room: the granted directories of the call are in the tree, by files_grant if they were not.
void files_need_grants(void);
// Replaces the granted directories by those of `facts`.
void files_grant(const struct host_facts *facts);
// Ends a program: closes everything, and writes granted files that it changed.
void files_end(void);

// Makes a directory the working one. Returns 0 or an error.
int64_t files_enter(const char *path);

struct bytes files_output(int descriptor);  // 1 or 2, since files_start
void files_complain(const char *message);   // adds to the errors

// Puts a file into memory, with its directories. Returns 0 or an error.
int64_t files_put(const char *path, const void *content, size_t length);
// Passes each file that was created or changed in memory since files_start to `visit`; not those that files_put made
// and nobody changed. Leaves out /dev and /proc.
typedef void files_visit(void *context, const char *path, struct bytes content);
void files_changed(files_visit *visit, void *context);

// The whole content of a file, for execution: a file of the set is read once and stays in memory.
int64_t files_content(const char *path, struct bytes *content);
// The same of an open file, for mmap. The bytes stay while the file is open.
int64_t files_mapped(uint64_t descriptor, struct bytes *content);

#endif
