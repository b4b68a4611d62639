// The tree of files. A node is a file of any kind; a directory has names for nodes.
//
//   descriptor -> open file (offset, flags) -> node -> behaviour (how it is read and written)
//                                               |
//                                               +--> store (who has the content, who may change it)
#ifndef COLONY_LINUX_NODE_H
#define COLONY_LINUX_NODE_H

#include "content.h"
#include "directory.h"
#include "files.h"

enum store { STORE_MEMORY, STORE_SET, STORE_GRANTED, STORE_PROC, STORE_STREAM };

// A place in the tree where the host has files. Nodes hold it.
struct mount {
  uint32_t holds;
  enum store store;
  bool writable;
  char *path;
};

struct moment {
  int64_t seconds;
  uint32_t nanoseconds;
};

// Who has a pipe open. Its bytes are the node's content; `taken` of them were read.
struct pipe {
  uint32_t readers, writers;
  uint64_t taken, room;
};

// An eventfd.
struct counter {
  uint64_t value;
  bool semaphore;
};

// A timerfd. Moments are those of clock_monotonic.
struct timer {
  struct node *node;
  uint64_t moment, interval;  // FOR_EVER: none
  uint64_t ends;              // that passed since the last read
  bool real;                  // absolute times are times of day
  struct timer *next;
};

// When a file may last have become ready. Each change of any file has a greater number than all before it.
struct changes {
  uint64_t to_read, to_write;
};

struct channel;
struct epoll;
struct open_file;
struct node;

enum seeking { SEEKS, SEEKS_NOT, STAYS_AT_START };

// How a kind of file behaves. A NULL function has the default that its comment names.
struct behaviour {
  enum seeking seeking;
  const char *name;  // of streams, for /proc/self/fd; a pipe
  uint64_t least;    // bytes of a transfer: fewer are EINVAL
  // Returns how many bytes a read would get at `offset`, or an error. INT64_MAX: any number.
  int64_t (*available)(struct open_file *file, uint64_t offset);
  // Reads at most what is available. It is also called if nothing is, and then decides between the end and an error. A
  // file that is not ready gives EAGAIN, also in the next function.
  int64_t (*read)(struct open_file *file, uint64_t offset, void *to, uint64_t length);           // EINVAL
  int64_t (*write)(struct open_file *file, uint64_t offset, const void *from, uint64_t length);  // EINVAL
  int64_t (*open)(struct node **node, uint32_t flags);  // may put another node in place of its own; nothing
  void (*opened)(struct open_file *file);               // nothing
  int64_t (*closed)(struct open_file *file);            // nothing
  uint32_t (*ready)(struct open_file *file);            // POLL*; always ready to read and write
  // A link has a text, or leads to a node that no text can name.
  const char *(*target)(struct node *node);
  struct node *(*leads_to)(struct node *node);
};

struct node {
  const struct behaviour *behaviour;
  enum store store;
  uint32_t mode, user, group;
  uint64_t number, device;
  uint32_t links;  // names in directories
  uint32_t holds;  // open files, working directory, children
  uint32_t call;   // the call that changed it, see files_changed
  bool nameable;   // made without a name by O_TMPFILE, so that linkat may give one
  struct moment accessed, modified, changed;
  struct node *parent;  // the directory that named it last
  char *name;
  struct content content;  // also a link's target
  struct directory directory;
  union {  // by the behaviour
    struct pipe pipe;
    struct counter counter;
    struct timer *timer;
    struct epoll *epoll;
    struct channel *channel;
  };
  struct changes changes;
  // For files of the host only.
  struct mount *mount;
  char *path;
  bool loaded, unsaved;
};

struct node *node_new(const struct behaviour *behaviour, enum store store, uint32_t mode);
uint64_t node_number(void);
struct node *node_hold(struct node *node);
void node_release(struct node *node);
// The mount may be NULL.
struct mount *mount_hold(struct mount *mount);
void mount_release(struct mount *mount);
// Gives the node a name in a directory, or takes it away. Times and counts of both follow.
int64_t node_link(struct node *directory, struct name name, struct node *node);
void node_unlink(struct node *directory, struct entry *entry);
// Goes through all names below a directory, without recursion, because a tree may be deep. A directory's own names follow
// it, unless tour_skip leaves them out.
struct tour {
  struct node *top, *at;
  uint64_t cookie;
  struct node *next;  // a directory to enter
};
struct tour tour_of(struct node *top);
// The next entry, with its directory in `at`; NULL at the end. Only those that have a node.
struct entry *tour_step(struct tour *tour);
void tour_skip(struct tour *tour);

// The path of a node, written at the end of `room`; NULL if it has none or is too long.
char *node_path(const struct node *node, char room[LONGEST_PATH]);

// Takes the group of a directory that passes it on (S_ISGID).
void node_inherit(struct node *node, const struct node *directory);

struct moment moment_now(void);
void node_modified(struct node *node);  // its content changed
void node_changed(struct node *node);   // its attributes changed

extern uint32_t current_call;
extern struct node *root_node, *working_node;

static inline bool is_directory(const struct node *node) { return (node->mode & 0170000) == 0040000; }
static inline bool is_regular(const struct node *node) { return (node->mode & 0170000) == 0100000; }
static inline bool is_link(const struct node *node) { return (node->mode & 0170000) == 0120000; }

extern const struct behaviour kRegular, kDirectory, kLink, kPipe;

// Makes a symbolic link without a name.
struct node *node_new_link(enum store store, const char *target);

// Refusals of a store, see store.c: 0, EROFS, or EPERM for what the host's files cannot do.
int64_t store_refuses_write(const struct node *node);                  // of a file's content
int64_t store_refuses_change(const struct node *node);                 // of attributes, or of names in a directory
int64_t store_refuses_name(struct node *directory, struct name name);  // a new directory or link
int64_t store_refuses_file(struct node *directory, struct name name);  // a new regular file

#endif
