// Descriptors: numbers of open files. Copies of a descriptor share one open file, with its offset and flags.
#ifndef COLONY_LINUX_DESCRIPTOR_H
#define COLONY_LINUX_DESCRIPTOR_H

#include "node.h"

enum { MOST_DESCRIPTORS = 1024 };

struct open_file {
  struct node *node;
  uint64_t offset;  // of directories: the last cookie
  uint32_t flags;   // O_*
  uint32_t uses;    // descriptors, and threads that hold it
  uint32_t holds;   // threads
  struct open_file *next_held, **held_at;
};

// Opens a node without a descriptor, and takes it through the behaviour's hooks.
int64_t file_open(struct node *node, uint32_t flags, struct open_file **file);

// Keeps an open file while a thread uses it, because another thread may close it meanwhile. At a program's
// end files_end lets all go: the stacks of the threads that waited are gone then.
void file_hold(struct open_file *file);
void file_let_go(struct open_file *file);
void file_let_all_go(void);

// Makes a call with the file held.
typedef int64_t file_call(struct open_file *file, const uint64_t a[6]);
int64_t file_during(struct open_file *file, file_call *call, const uint64_t a[6]);

// The lowest free descriptor at or above `least`, or -EMFILE.
int64_t descriptor_free(uint32_t least);
void descriptor_set(uint32_t descriptor, struct open_file *file, bool close_on_exec);
// Opens a node at a free descriptor. O_CLOEXEC of `flags` is the descriptor's.
void descriptor_open(uint32_t descriptor, struct node *node, uint32_t flags);
int64_t descriptor_close(uint32_t descriptor);
void descriptor_close_all(void);
bool descriptor_closes_on_exec(uint32_t descriptor);
void descriptor_set_close_on_exec(uint32_t descriptor, bool close_on_exec);

// NULL if it is not open. The second leaves out files that O_PATH opened, which only name a place.
struct open_file *descriptor_place(uint64_t descriptor);
struct open_file *descriptor_file(uint64_t descriptor);
// NULL if it was not opened for that as well.
struct open_file *descriptor_reader(uint64_t descriptor);
struct open_file *descriptor_writer(uint64_t descriptor);

bool file_reads(const struct open_file *file);
bool file_writes(const struct open_file *file);
bool file_is_nonblocking(const struct open_file *file);

#endif
