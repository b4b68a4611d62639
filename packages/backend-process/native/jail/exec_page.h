// The jail's seccomp filter allows execve only for a path at one address. The jail stores the program's path there. The
// program that it becomes has nothing mapped there, and its filter refuses to map anything there, so execve works
// exactly once.
#ifndef COLONY_EXEC_PAGE_H
#define COLONY_EXEC_PAGE_H

// Above the lowest address that kernels let processes map (64 KiB at most), below every program.
#define EXEC_PAGE 0x100000
#define EXEC_PAGE_SIZE 0x1000
#define EXEC_PAGE_END (EXEC_PAGE + EXEC_PAGE_SIZE)

#endif
