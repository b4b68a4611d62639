// fcntl, ioctl and flock. Locks always succeed, because no other process exists.
#include <asm/errno.h>
#include <asm/ioctls.h>
#include <linux/fcntl.h>
#include <linux/poll.h>

#include "ready.h"
#include "user.h"

enum { LEAST_PIPE = PAGE, MOST_PIPE = 1 << 20, CHANGEABLE = O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME };

static int64_t copy(struct open_file *file, uint64_t least, bool close_on_exec) {
  if ((uint32_t)least >= MOST_DESCRIPTORS) return -EINVAL;
  int64_t descriptor = descriptor_free((uint32_t)least);
  if (descriptor >= 0) descriptor_set((uint32_t)descriptor, file, close_on_exec);
  return descriptor;
}

static int64_t set_flags(struct open_file *file, uint64_t flags) {
  file->flags = (file->flags & ~(uint32_t)CHANGEABLE) | ((uint32_t)flags & CHANGEABLE);
  return 0;
}

// Reports that no lock is in the way.
static int64_t report_lock(uint64_t address) {
  struct flock lock;
  int64_t error = user_take(&lock, address, sizeof lock);
  if (error < 0) return error;
  if (lock.l_type != F_RDLCK && lock.l_type != F_WRLCK) return -EINVAL;
  lock.l_type = F_UNLCK;
  return user_give(address, &lock, sizeof lock);
}

static int64_t set_lock(const struct open_file *file, uint64_t address) {
  struct flock lock;
  int64_t error = user_take(&lock, address, sizeof lock);
  if (error < 0) return error;
  if (lock.l_type == F_RDLCK) return file_reads(file) ? 0 : -EBADF;
  if (lock.l_type == F_WRLCK) return file_writes(file) ? 0 : -EBADF;
  return lock.l_type == F_UNLCK ? 0 : -EINVAL;
}

static bool is_pipe(const struct open_file *file) { return file->node->behaviour == &kPipe; }

static int64_t set_pipe_room(struct open_file *file, uint64_t size) {
  struct node *node = file->node;
  if (!is_pipe(file)) return -EBADF;
  if ((uint32_t)size > MOST_PIPE) return (uint32_t)size > INT32_MAX ? -EINVAL : -EPERM;
  uint64_t room = LEAST_PIPE;
  while (room < (uint32_t)size) room *= 2;
  if (node->content.size - node->pipe.taken > room) return -EBUSY;
  node->pipe.room = room;
  ready_changed(node, POLLOUT);
  return (int64_t)room;
}

static int64_t control(struct open_file *file, uint32_t command, uint64_t value) {
  switch (command) {
    case F_GETFL: return file->flags;
    case F_SETFL: return set_flags(file, value);
    case F_GETLK:
    case F_OFD_GETLK: return report_lock(value);
    case F_SETLK:
    case F_SETLKW:
    case F_OFD_SETLK:
    case F_OFD_SETLKW: return set_lock(file, value);
    case F_GETPIPE_SZ: return is_pipe(file) ? (int64_t)file->node->pipe.room : -EBADF;
    case F_SETPIPE_SZ: return set_pipe_room(file, value);
    case F_GETOWN:
    case F_SETOWN:
    case F_SETSIG:
    case F_GETSIG: return 0;
    default: return -EINVAL;
  }
}

// A descriptor that names only a place has these commands.
static bool is_of_descriptor(uint32_t command) {
  return command == F_DUPFD || command == F_DUPFD_CLOEXEC || command == F_GETFD || command == F_SETFD ||
         command == F_GETFL;
}

SYSTEM_CALL(fcntl) {
  uint32_t descriptor = (uint32_t)a[0];
  uint32_t command = (uint32_t)a[1];
  struct open_file *file = descriptor_place(descriptor);
  if (file == NULL || ((file->flags & O_PATH) != 0 && !is_of_descriptor(command))) return -EBADF;
  switch (command) {
    case F_DUPFD: return copy(file, a[2], false);
    case F_DUPFD_CLOEXEC: return copy(file, a[2], true);
    case F_GETFD: return descriptor_closes_on_exec(descriptor) ? FD_CLOEXEC : 0;
    case F_SETFD: descriptor_set_close_on_exec(descriptor, (a[2] & FD_CLOEXEC) != 0); return 0;
    default: return control(file, command, a[2]);
  }
}

// How many bytes a read would return at once.
static int64_t give_available(struct open_file *file, uint64_t address) {
  const struct behaviour *behaviour = file->node->behaviour;
  if (behaviour->available == NULL || behaviour->least > 0 ||
      (!is_regular(file->node) && behaviour->seeking != SEEKS_NOT))
    return -ENOTTY;
  int64_t available = behaviour->available(file, file->offset);
  if (available < 0) return available;
  int32_t count = available > INT32_MAX ? INT32_MAX : (int32_t)available;
  return user_give(address, &count, sizeof count);
}

static int64_t set_blocking(struct open_file *file, uint64_t address) {
  int32_t nonblocking;
  int64_t error = user_take(&nonblocking, address, sizeof nonblocking);
  if (error < 0) return error;
  return set_flags(file, nonblocking != 0 ? file->flags | O_NONBLOCK : file->flags & ~(uint32_t)O_NONBLOCK);
}

SYSTEM_CALL(ioctl) {
  struct open_file *file = descriptor_file(a[0]);
  if (file == NULL) return -EBADF;
  switch ((uint32_t)a[1]) {
    case FIOCLEX: descriptor_set_close_on_exec((uint32_t)a[0], true); return 0;
    case FIONCLEX: descriptor_set_close_on_exec((uint32_t)a[0], false); return 0;
    case FIONBIO: return set_blocking(file, a[2]);
    case FIONREAD: return give_available(file, a[2]);
    default: return -ENOTTY;
  }
}

SYSTEM_CALL(flock) {
  uint32_t operation = (uint32_t)a[1] & ~(uint32_t)LOCK_NB;
  if (operation != LOCK_SH && operation != LOCK_EX && operation != LOCK_UN) return -EINVAL;
  return descriptor_file(a[0]) == NULL ? -EBADF : 0;
}
