// Who the program is: the only process, and root, of a machine that nobody else uses.
#include "identity.h"

#include <asm/errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/utsname.h>

#include "process.h"

enum { NAME_LENGTH = 16 };
static char name[NAME_LENGTH];

int32_t process_id = 1;

void identity_renew(void) { process_id++; }

static void set_name(const char *text) {
  memset(name, 0, sizeof name);
  for (size_t i = 0; i < sizeof name - 1 && text[i] != 0; i++) name[i] = text[i];
}

void identity_begin(const char *path) {
  const char *slash = strrchr(path, '/');
  set_name(slash != NULL ? slash + 1 : path);
}

// The release is one that current C libraries accept. Programs that need a later feature try it, and get ENOSYS.
SYSTEM_CALL(uname) {
  static const struct new_utsname names = {
      "Linux", "virtine", "6.1.0", "#1 SMP Colony", "x86_64", "(none)",
  };
  if (!user_range(a[0], sizeof names)) return -EFAULT;
  memcpy((void *)a[0], &names, sizeof names);
  return 0;
}

#define ANSWER(call, value)  \
  SYSTEM_CALL(call) {        \
    (void)a;                 \
    return value;            \
  }
ANSWER(getpid, process_id)
ANSWER(getppid, 0)
ANSWER(getpgrp, process_id)
ANSWER(getuid, 0)
ANSWER(geteuid, 0)
ANSWER(getgid, 0)
ANSWER(getegid, 0)
ANSWER(getgroups, 0)
// The first process leads its group and its session already.
ANSWER(setsid, -EPERM)

SYSTEM_CALL(getpgid) { return is_own_process(a[0]) ? process_id : -ESRCH; }
SYSTEM_CALL(getsid) { return is_own_process(a[0]) ? process_id : -ESRCH; }
SYSTEM_CALL(setpgid) { return is_own_process(a[0]) ? -EPERM : -ESRCH; }

static int64_t three_zeros(const uint64_t a[6]) {
  for (int i = 0; i < 3; i++)
    if (!user_range(a[i], sizeof(uint32_t))) return -EFAULT;
  for (int i = 0; i < 3; i++) memset((void *)a[i], 0, sizeof(uint32_t));
  return 0;
}
SYSTEM_CALL(getresuid) { return three_zeros(a); }
SYSTEM_CALL(getresgid) { return three_zeros(a); }

// There is no other user to become.
SYSTEM_CALL(setuid) { return (uint32_t)a[0] == 0 ? 0 : -EPERM; }
SYSTEM_CALL(setgid) { return (uint32_t)a[0] == 0 ? 0 : -EPERM; }

static int64_t no_capabilities(uint64_t address, size_t count) {
  struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
  if (!user_range(address, count * sizeof none[0])) return -EFAULT;
  memcpy((void *)address, none, count * sizeof none[0]);
  return 0;
}

static int64_t prefer_version(struct __user_cap_header_struct *header, uint64_t address, bool asks) {
  header->version = _LINUX_CAPABILITY_VERSION_3;
  memcpy((void *)address, header, sizeof *header);
  return asks ? 0 : -EINVAL;
}

// Root without capabilities: nothing here checks one.
SYSTEM_CALL(capget) {
  struct __user_cap_header_struct header;
  if (!user_range(a[0], sizeof header)) return -EFAULT;
  memcpy(&header, (const void *)a[0], sizeof header);
  bool one = header.version == _LINUX_CAPABILITY_VERSION_1;
  bool two = header.version == _LINUX_CAPABILITY_VERSION_2 || header.version == _LINUX_CAPABILITY_VERSION_3;
  if (!one && !two) return prefer_version(&header, a[0], a[1] == 0);
  if (header.pid < 0) return -EINVAL;
  if (!is_own_process((uint64_t)header.pid)) return -ESRCH;
  return a[1] == 0 ? 0 : no_capabilities(a[1], one ? 1 : _LINUX_CAPABILITY_U32S_3);
}

static int64_t write_name(uint64_t address) {
  if (!user_range(address, sizeof name)) return -EFAULT;
  memcpy((void *)address, name, sizeof name);
  return 0;
}

static int64_t read_name(uint64_t address) {
  char text[NAME_LENGTH];
  if (user_text(address, text, sizeof text) == -EFAULT) return -EFAULT;
  text[sizeof text - 1] = 0;
  set_name(text);
  return 0;
}

SYSTEM_CALL(prctl) {
  switch (a[0]) {
    case PR_SET_NAME: return read_name(a[1]);
    case PR_GET_NAME: return write_name(a[1]);
    case PR_GET_DUMPABLE: return 1;
    case PR_SET_DUMPABLE: return a[1] > 1 ? -EINVAL : 0;
    case PR_GET_NO_NEW_PRIVS: return 0;
    case PR_SET_NO_NEW_PRIVS: return a[1] == 1 ? 0 : -EINVAL;
    default: return -EINVAL;
  }
}

// Asked with all ones, it reports the present one: Linux's own.
SYSTEM_CALL(personality) {
  const uint32_t asks = UINT32_MAX, address_no_randomize = 0x0040000;
  uint32_t persona = (uint32_t)a[0];
  return persona == asks || persona == 0 || persona == address_no_randomize ? 0 : -EINVAL;
}
