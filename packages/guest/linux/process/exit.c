// The end of a program, and what a thread registers about itself.
#include <asm/errno.h>
#include <asm/prctl.h>
#include <linux/futex.h>

#include "identity.h"
#include "process.h"

static uint64_t robust_list;

SYSTEM_CALL(exit_group) { process_end((struct ending){.status = (int)(a[0] & 0xff)}); }

#ifdef COLONY_NATIVE
// A test's own thread area must stay.
static uint64_t bases[2];
static void write_fs(uint64_t value) { bases[0] = value; }
static void write_gs(uint64_t value) { bases[1] = value; }
static uint64_t read_fs(void) { return bases[0]; }
static uint64_t read_gs(void) { return bases[1]; }
#else
static void write_fs(uint64_t value) { __asm__ volatile("wrfsbase %0" : : "r"(value)); }
static void write_gs(uint64_t value) { __asm__ volatile("wrgsbase %0" : : "r"(value)); }
static uint64_t read_fs(void) {
  uint64_t value;
  __asm__ volatile("rdfsbase %0" : "=r"(value));
  return value;
}
static uint64_t read_gs(void) {
  uint64_t value;
  __asm__ volatile("rdgsbase %0" : "=r"(value));
  return value;
}
#endif

static int64_t store(uint64_t address, uint64_t value) {
  if (!user_range(address, sizeof value)) return -EFAULT;
  memcpy((void *)address, &value, sizeof value);
  return 0;
}

// An address that is not canonical would fault.
static bool may_be_base(uint64_t value) { return value < (uint64_t)1 << 47; }

static int64_t set_base(void (*write)(uint64_t), uint64_t value) {
  if (!may_be_base(value)) return -EPERM;
  write(value);
  return 0;
}

SYSTEM_CALL(arch_prctl) {
  switch (a[0]) {
    case ARCH_SET_FS: return set_base(write_fs, a[1]);
    case ARCH_SET_GS: return set_base(write_gs, a[1]);
    case ARCH_GET_FS: return store(a[1], read_fs());
    case ARCH_GET_GS: return store(a[1], read_gs());
    default: return -EINVAL;
  }
}

SYSTEM_CALL(set_robust_list) {
  if (a[1] != sizeof(struct robust_list_head)) return -EINVAL;
  robust_list = a[0];
  return 0;
}

SYSTEM_CALL(get_robust_list) {
  if (!is_own_process(a[0])) return -ESRCH;
  int64_t error = store(a[1], robust_list);
  return error < 0 ? error : store(a[2], sizeof(struct robust_list_head));
}
