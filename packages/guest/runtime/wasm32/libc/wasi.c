// Replaces the imports of wasi-libc, because a guest has no WASI host. A program that calls one ends, as one that makes
// a system call in a virtine does. Calls that libc makes for itself are answered: no environment, no arguments, no open
// directories. Printing does not use these (see runtime/libc/stdio.c).
#include "runtime.h"

typedef int32_t i32;
typedef int64_t i64;

enum { SUCCESS = 0, BAD_DESCRIPTOR = 8 };

#define WASI(name) __imported_wasi_snapshot_preview1_##name
#define REFUSE(name, ...) \
  i32 WASI(name)(__VA_ARGS__) { runtime_abort(COLONY_TRAP_UNSUPPORTED, "a guest has no operating system to ask for ", #name); }

static i32 none(uint32_t *count, uint32_t *size) {
  *count = *size = 0;
  return SUCCESS;
}

i32 WASI(environ_sizes_get)(uint32_t *count, uint32_t *size) { return none(count, size); }
i32 WASI(environ_get)(i32, i32) { return SUCCESS; }
i32 WASI(args_sizes_get)(uint32_t *count, uint32_t *size) { return none(count, size); }
i32 WASI(args_get)(i32, i32) { return SUCCESS; }
i32 WASI(fd_prestat_get)(i32, i32) { return BAD_DESCRIPTOR; }

_Noreturn void WASI(proc_exit)(i32) { runtime_abort(COLONY_TRAP_UNSUPPORTED, "a guest has no process to end", ""); }

REFUSE(clock_res_get, i32, i32)
REFUSE(clock_time_get, i32, i64, i32)
REFUSE(fd_advise, i32, i64, i64, i32)
REFUSE(fd_allocate, i32, i64, i64)
REFUSE(fd_close, i32)
REFUSE(fd_datasync, i32)
REFUSE(fd_fdstat_get, i32, i32)
REFUSE(fd_fdstat_set_flags, i32, i32)
REFUSE(fd_fdstat_set_rights, i32, i64, i64)
REFUSE(fd_filestat_get, i32, i32)
REFUSE(fd_filestat_set_size, i32, i64)
REFUSE(fd_filestat_set_times, i32, i64, i64, i32)
REFUSE(fd_pread, i32, i32, i32, i64, i32)
REFUSE(fd_prestat_dir_name, i32, i32, i32)
REFUSE(fd_pwrite, i32, i32, i32, i64, i32)
REFUSE(fd_read, i32, i32, i32, i32)
REFUSE(fd_readdir, i32, i32, i32, i64, i32)
REFUSE(fd_renumber, i32, i32)
REFUSE(fd_seek, i32, i64, i32, i32)
REFUSE(fd_sync, i32)
REFUSE(fd_tell, i32, i32)
REFUSE(fd_write, i32, i32, i32, i32)
REFUSE(path_create_directory, i32, i32, i32)
REFUSE(path_filestat_get, i32, i32, i32, i32, i32)
REFUSE(path_filestat_set_times, i32, i32, i32, i32, i64, i64, i32)
REFUSE(path_link, i32, i32, i32, i32, i32, i32, i32)
REFUSE(path_open, i32, i32, i32, i32, i32, i64, i64, i32, i32)
REFUSE(path_readlink, i32, i32, i32, i32, i32, i32)
REFUSE(path_remove_directory, i32, i32, i32)
REFUSE(path_rename, i32, i32, i32, i32, i32, i32)
REFUSE(path_symlink, i32, i32, i32, i32, i32)
REFUSE(path_unlink_file, i32, i32, i32)
REFUSE(poll_oneoff, i32, i32, i32, i32)
REFUSE(random_get, i32, i32)
REFUSE(sched_yield, void)
REFUSE(sock_accept, i32, i32, i32)
REFUSE(sock_recv, i32, i32, i32, i32, i32, i32)
REFUSE(sock_send, i32, i32, i32, i32, i32)
REFUSE(sock_shutdown, i32, i32)
