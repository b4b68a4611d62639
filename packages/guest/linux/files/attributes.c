// chmod, chown, utimens, umask, each in its forms. The program is root, so only a store refuses.
#include "attributes.h"

#include <asm/errno.h>
#include <linux/fcntl.h>
#include <linux/stat.h>

#include "descriptor.h"
#include "path.h"
#include "user.h"

enum { USUAL_MASK = 022, NANOSECONDS_NOW = 0x3fffffff, NANOSECONDS_OMIT = 0x3ffffffe };
static uint32_t mask = USUAL_MASK;

uint32_t current_mask(void) { return mask; }
void reset_mask(void) { mask = USUAL_MASK; }

SYSTEM_CALL(umask) {
  uint32_t before = mask;
  mask = (uint32_t)a[0] & 0777;
  return before;
}

static int64_t set_mode(struct node *node, uint64_t mode) {
  int64_t error = store_refuses_change(node);
  if (error < 0) return error;
  if (is_link(node)) return -EOPNOTSUPP;
  node->mode = (node->mode & S_IFMT) | ((uint32_t)mode & 07777);
  node_changed(node);
  return 0;
}

static int64_t chmod_at(uint64_t directory, uint64_t path, uint64_t mode) {
  struct node *node = NULL;
  int64_t error = path_user(directory, path, 0, &node);
  return error < 0 ? error : set_mode(node, mode);
}

SYSTEM_CALL(chmod) { return chmod_at((uint64_t)AT_FDCWD, a[0], a[1]); }
SYSTEM_CALL(fchmodat) { return chmod_at(a[0], a[1], a[2]); }
SYSTEM_CALL(fchmod) {
  struct open_file *file = descriptor_file(a[0]);
  return file == NULL ? -EBADF : set_mode(file->node, a[1]);
}

// A file that changes its owner loses what would run it as another.
static uint32_t without_set_id(uint32_t mode) {
  if ((mode & S_IFMT) == S_IFDIR) return mode;
  return mode & ~(uint32_t)(S_ISUID | ((mode & S_IXGRP) != 0 ? S_ISGID : 0));
}

static int64_t set_owner(struct node *node, uint64_t user, uint64_t group) {
  int64_t error = store_refuses_change(node);
  if (error < 0) return error;
  if ((uint32_t)user != UINT32_MAX) node->user = (uint32_t)user;
  if ((uint32_t)group != UINT32_MAX) node->group = (uint32_t)group;
  node->mode = without_set_id(node->mode);
  node_changed(node);
  return 0;
}

static int64_t chown_at(const uint64_t place[2], uint64_t user, uint64_t group, uint64_t flags) {
  struct node *node = NULL;
  if (((uint32_t)flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return -EINVAL;
  int64_t error = path_user(place[0], place[1], (uint32_t)flags, &node);
  return error < 0 ? error : set_owner(node, user, group);
}

SYSTEM_CALL(chown) { return chown_at((uint64_t[]){(uint64_t)AT_FDCWD, a[0]}, a[1], a[2], 0); }
SYSTEM_CALL(lchown) { return chown_at((uint64_t[]){(uint64_t)AT_FDCWD, a[0]}, a[1], a[2], AT_SYMLINK_NOFOLLOW); }
SYSTEM_CALL(fchownat) { return chown_at(a, a[2], a[3], a[4]); }
SYSTEM_CALL(fchown) {
  struct open_file *file = descriptor_file(a[0]);
  return file == NULL ? -EBADF : set_owner(file->node, a[1], a[2]);
}

// Two times, of the last access and the last change, as the calls with seconds and a fraction have them.
struct times {
  int64_t seconds, fraction;
};

static bool is_valid(const struct times *time) {
  return (time->fraction >= 0 && time->fraction < 1000000000) || time->fraction == NANOSECONDS_NOW ||
         time->fraction == NANOSECONDS_OMIT;
}

static void set_moment(struct moment *moment, const struct times *time) {
  if (time->fraction == NANOSECONDS_OMIT) return;
  bool now = time->fraction == NANOSECONDS_NOW;
  *moment = now ? moment_now() : (struct moment){time->seconds, (uint32_t)time->fraction};
}

static int64_t set_times(struct node *node, const struct times times[2]) {
  if (!is_valid(&times[0]) || !is_valid(&times[1])) return -EINVAL;
  int64_t error = store_refuses_change(node);
  if (error < 0) return error;
  set_moment(&node->accessed, &times[0]);
  set_moment(&node->modified, &times[1]);
  node_changed(node);
  return 0;
}

static const struct times kNow[2] = {{0, NANOSECONDS_NOW}, {0, NANOSECONDS_NOW}};

// Without a path the descriptor itself is meant.
static int64_t set_times_at(uint64_t directory, uint64_t path, const struct times times[2], uint64_t flags) {
  struct node *node = NULL;
  if (((uint32_t)flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0) return -EINVAL;
  if (path == 0 && (int32_t)directory != AT_FDCWD) {
    const struct open_file *file = descriptor_file(directory);
    if (flags != 0) return -EINVAL;
    return file == NULL ? -EBADF : set_times(file->node, times);
  }
  int64_t error = path_user(directory, path, (uint32_t)flags, &node);
  return error < 0 ? error : set_times(node, times);
}

SYSTEM_CALL(utimensat) {
  struct times times[2] = {kNow[0], kNow[1]};
  int64_t error = a[2] == 0 ? 0 : user_take(times, a[2], sizeof times);
  if (error < 0) return error;
  bool omits_both = times[0].fraction == NANOSECONDS_OMIT && times[1].fraction == NANOSECONDS_OMIT;
  return omits_both ? 0 : set_times_at(a[0], a[1], times, a[3]);
}

static int64_t set_microseconds(uint64_t directory, uint64_t path, uint64_t address) {
  struct times times[2] = {kNow[0], kNow[1]};
  int64_t error = address == 0 ? 0 : user_take(times, address, sizeof times);
  if (error < 0) return error;
  for (int i = 0; address != 0 && i < 2; i++) {
    if (times[i].fraction < 0 || times[i].fraction >= 1000000) return -EINVAL;
    times[i].fraction *= 1000;
  }
  return set_times_at(directory, path, times, 0);
}

SYSTEM_CALL(futimesat) { return set_microseconds(a[0], a[1], a[2]); }
SYSTEM_CALL(utimes) { return set_microseconds((uint64_t)AT_FDCWD, a[0], a[1]); }
