// Who the program is, for the files of this room.
#ifndef COLONY_LINUX_IDENTITY_H
#define COLONY_LINUX_IDENTITY_H

#include "../threads/threads.h"

extern int32_t process_id;

// 0 stands for the caller. A thread's number is as good as the process's.
static inline bool is_own_process(uint64_t id) {
  return (uint32_t)id == 0 || (int32_t)id == process_id || thread_exists((uint32_t)id);
}

// The program's name, as prctl reports it.
void identity_begin(const char *path);

#endif
