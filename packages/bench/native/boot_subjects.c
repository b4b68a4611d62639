// The boot that Colony's direct entry avoids: a guest that boots through the processor's modes as Wasp's does, step by
// step, and the other plots of Wasp's paper.
#define _GNU_SOURCE
#include "boot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <x86intrin.h>

#include "floor.h"
#include "machine.h"

extern const uint8_t boot_text[], boot_text_end[];

enum { STAMPS = 10, HLT = 0xf4, HLT_AT = 0x7000 };

// A machine that starts in real mode, as a processor does after reset, but at an address that we choose.
static struct {
  int kvm, vcpu;
  uint8_t *memory;
  struct kvm_run *run;
  struct kvm_sregs reset;
  double ns_per_tick;
} booting;

struct instant {
  uint64_t ns, ticks;
};

// The clock and the time-stamp counter at one moment: of 64 readings, the one during which the least time passed,
// because this thread may lose its processor between the two.
static struct instant instant(void) {
  struct instant closest = {0};
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < 64; ++i) {
    const uint64_t first = __rdtsc(), ns = now_ns(), last = __rdtsc();
    if (last - first >= least) continue;
    least = last - first;
    closest = (struct instant){.ns = ns, .ticks = first};
  }
  return closest;
}

// Nanoseconds per tick of the time-stamp counter, over 20 ms.
static double calibrate(void) {
  const struct instant start = instant();
  while (now_ns() - start.ns < 20000000) continue;
  const struct instant end = instant();
  return (double)(end.ns - start.ns) / (double)(end.ticks - start.ticks);
}

static void open_kvm(void) {
  if (booting.kvm > 0) return;
  booting.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  CHECK(booting.kvm >= 0, "/dev/kvm");
}

static void open_booting(void) {
  if (booting.run != NULL) return;
  open_kvm();
  const int vm = ioctl(booting.kvm, KVM_CREATE_VM, 0);
  CHECK(vm >= 0, "KVM_CREATE_VM");
  booting.memory = mmap(NULL, BOOT_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(booting.memory != MAP_FAILED, "mmap of the guest");
  memcpy(booting.memory + BOOT_TEXT, boot_text, (size_t)(boot_text_end - boot_text));
  booting.memory[HLT_AT] = HLT;
  struct kvm_userspace_memory_region slot = {.memory_size = BOOT_MEMORY, .userspace_addr = (uint64_t)booting.memory};
  CHECK(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) == 0, "KVM_SET_USER_MEMORY_REGION");
  booting.vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
  CHECK(booting.vcpu >= 0, "KVM_CREATE_VCPU");
  static struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[256];
  } cpuid = {.head.nent = 256};
  CHECK(ioctl(booting.kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0, "KVM_GET_SUPPORTED_CPUID");
  CHECK(ioctl(booting.vcpu, KVM_SET_CPUID2, &cpuid) == 0, "KVM_SET_CPUID2");  // announces long mode
  CHECK(ioctl(booting.vcpu, KVM_GET_SREGS, &booting.reset) == 0, "KVM_GET_SREGS");
  booting.reset.cs.base = 0, booting.reset.cs.selector = 0;
  const size_t size = (size_t)ioctl(booting.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  booting.ns_per_tick = calibrate();
  booting.run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, booting.vcpu, 0);
  CHECK(booting.run != MAP_FAILED, "mmap of the vCPU");
}

static void set_reset_state(uint64_t rip) {
  const struct kvm_regs regs = {.rip = rip, .rflags = 2};
  const struct kvm_mp_state runnable = {.mp_state = KVM_MP_STATE_RUNNABLE};
  CHECK(ioctl(booting.vcpu, KVM_SET_SREGS, &booting.reset) == 0, "KVM_SET_SREGS");
  CHECK(ioctl(booting.vcpu, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");
  ioctl(booting.vcpu, KVM_SET_MP_STATE, &runnable);  // only with an emulated interrupt controller, which is absent here
}

// Nanoseconds from KVM_RUN at `rip`, in real mode, to the guest's hlt.
static double run_to_hlt(uint64_t rip) {
  open_booting();
  set_reset_state(rip);
  const uint64_t start = now_ns();
  int result;
  do result = ioctl(booting.vcpu, KVM_RUN, 0);
  while (result != 0 && errno == EINTR);
  const double took = (double)(now_ns() - start);
  if (result == 0 && booting.run->exit_reason == KVM_EXIT_HLT) return took;
  struct kvm_regs regs = {0};
  ioctl(booting.vcpu, KVM_GET_REGS, &regs);
  DIE("the booting guest left with reason %u (%u) at %llx: %s", booting.run->exit_reason,
      booting.run->internal.suberror, regs.rip, strerror(errno));
}

static double boot(uint64_t unused) {
  (void)unused;
  return run_to_hlt(BOOT_TEXT);
}

static double halt(uint64_t unused) {
  (void)unused;
  return run_to_hlt(HLT_AT);
}

// One step of a boot: the difference of two of its stamps. The counter's lower half is enough: a boot takes far less
// than a second. The steps of a boot take no more ticks together than the host counts around them. One in eight is
// allowed, because a host may run the guest's counter at a rate of its own.
static double step(uint64_t number) {
  uint32_t stamps[STAMPS];
  open_booting();
  memset(booting.memory + BOOT_STAMPS, 0, sizeof stamps);
  const uint64_t before = __rdtsc();
  run_to_hlt(BOOT_TEXT);
  const uint64_t whole = __rdtsc() - before;
  memcpy(stamps, booting.memory + BOOT_STAMPS, sizeof stamps);
  uint64_t sum = 0;
  for (int i = 0; i < STAMPS; ++i) {
    if (stamps[i] == 0) DIE("the booting guest left out step %d", i);
    if (i > 0) sum += stamps[i] - stamps[i - 1];
  }
  if (sum > whole + whole / 8) DIE("the steps of a boot took %" PRIu64 " ticks, and the boot %" PRIu64, sum, whole);
  return (stamps[number + 1] - stamps[number]) * booting.ns_per_tick;
}

// Creation, as Wasp's paper defines it: a VM and a vCPU, no memory and no state.
static double create(uint64_t unused) {
  (void)unused;
  open_kvm();
  const uint64_t start = now_ns();
  const int vm = ioctl(booting.kvm, KVM_CREATE_VM, 0);
  CHECK(vm >= 0, "KVM_CREATE_VM");
  const int vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
  CHECK(vcpu >= 0, "KVM_CREATE_VCPU");
  const double took = (double)(now_ns() - start);
  close(vcpu), close(vm);
  usleep(5000);  // until the kernel has destroyed it, because the next sample must not pay for that
  return took;
}

// A pooled machine that is cleaned off the caller's path: the guest writes 16 pages, which are copied back after the
// clock was read. This does not save time; the caller only does not wait for it.
static double pooled_apart(uint64_t pages) {
  static struct machine m;
  static uint64_t log[LOG_WORDS];
  if (m.run == NULL) {
    machine_world();
    machine_open(&m);
    machine_enter(&m, 0);
  }
  const uint64_t start = now_ns();
  machine_enter(&m, pages);
  const double took = (double)(now_ns() - start);
  machine_dirty(&m, log);
  memcpy(m.memory + DATA, machine_image() + DATA, pages * PAGE);
  return took;
}

const struct subject boot_subjects[] = {
    {"c.boot.first", step, 0},
    {"c.boot.lgdt32", step, 1},
    {"c.boot.protected", step, 2},
    {"c.boot.jump32", step, 3},
    {"c.boot.segments", step, 4},
    {"c.boot.tables", step, 5},
    {"c.boot.paging", step, 6},
    {"c.boot.lgdt64", step, 7},
    {"c.boot.jump64", step, 8},
    {"c.boot.total", boot, 0},
    {"c.boot.hlt", halt, 0},
    {"c.create", create, 0},
    {"c.pooled.apart", pooled_apart, 16},
    {NULL, NULL, 0},
};
