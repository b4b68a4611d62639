// The classical environments, compared to direct entry to 64-bit code: the same function in 16-bit, 32-bit and 64-bit
// code. It is booted into its mode as Wasp's virtines are, or entered there with the state made by the host. The images
// are files beside this program, built by src/suites/boot/images.ts: some functions cannot be built for every mode.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "environments/functions.h"
#include "environments/layout.h"
#include "floor.h"

struct environment {
  const char *name;
  int bits, direct;
};

struct function {
  const char *name;
  uint32_t (*on_host)(uint32_t);
  uint32_t most;
};

// One function in one environment, in its own machine.
struct stage {
  int vcpu;
  uint8_t *memory;
  struct kvm_run *run;
  struct kvm_sregs start;
};

static void load_image(struct stage *s, const struct environment *e, const struct function *f) {
  char name[64];
  snprintf(name, sizeof name, "%s.%d", f->name, e->bits);
  const char *path = file_beside(name);
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) DIE("%s: %s", path, strerror(errno));
  s->memory = mmap(NULL, ENVIRONMENT_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(s->memory != MAP_FAILED, "mmap of the guest");
  CHECK(read(file, s->memory + ENVIRONMENT_IMAGE, ENVIRONMENT_MEMORY - ENVIRONMENT_IMAGE) > ENVIRONMENT_DIRECT,
        "an image");
  close(file);
}

static void open_stage_machine(struct stage *s) {
  const int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  CHECK(kvm >= 0, "/dev/kvm");
  const int vm = ioctl(kvm, KVM_CREATE_VM, 0);
  CHECK(vm >= 0, "KVM_CREATE_VM");
  struct kvm_userspace_memory_region slot = {.memory_size = ENVIRONMENT_MEMORY, .userspace_addr = (uint64_t)s->memory};
  CHECK(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot) == 0, "KVM_SET_USER_MEMORY_REGION");
  s->vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
  CHECK(s->vcpu >= 0, "KVM_CREATE_VCPU");
  static struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entries[256];
  } cpuid;
  cpuid.head.nent = 256;
  CHECK(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0, "KVM_GET_SUPPORTED_CPUID");
  CHECK(ioctl(s->vcpu, KVM_SET_CPUID2, &cpuid) == 0, "KVM_SET_CPUID2");
  CHECK(ioctl(s->vcpu, KVM_GET_SREGS, &s->start) == 0, "KVM_GET_SREGS");
  const size_t size = (size_t)ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  s->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s->vcpu, 0);
  CHECK(s->run != MAP_FAILED, "mmap of the vCPU");
  close(kvm);
}

// Two pages of 2 MiB, which code at CPL 3 may use.
static void build_tables(uint8_t *memory) {
  const uint64_t table = 0x27, large = 0xe7;  // present, writable, user, accessed; large and dirty
  uint64_t *pml4 = (uint64_t *)(memory + ENVIRONMENT_TABLES), *pdpt = pml4 + 512, *pd = pdpt + 512;
  pml4[0] = (ENVIRONMENT_TABLES + 0x1000) | table;
  pdpt[0] = (ENVIRONMENT_TABLES + 0x2000) | table;
  for (uint64_t i = 0; i < ENVIRONMENT_MEMORY >> 21; ++i) pd[i] = i << 21 | large;
}

// Long mode at CPL 3. The code segment selects the mode: 64 bits, or 32 or 16 bits in compatibility mode.
static void set_direct(struct kvm_sregs *s, int bits) {
  // clang-format off
  const struct kvm_segment code = {
      .limit = bits == 16 ? 0xffff : ~0u, .selector = 0x33, .type = 11, .present = 1, .dpl = 3, .s = 1, .l = bits == 64,
      .db = bits == 32, .g = bits != 16};
  const struct kvm_segment data = {
      .limit = bits == 16 ? 0xffff : ~0u, .selector = 0x2b, .type = 3, .present = 1, .dpl = 3, .s = 1, .db = bits != 16,
      .g = bits != 16};
  // clang-format on
  s->cs = code;
  s->ds = s->es = s->fs = s->gs = s->ss = data;
  s->tr = (struct kvm_segment){.base = ENVIRONMENT_TASK, .limit = 103, .selector = 0x40, .type = 11, .present = 1};
  s->ldt = (struct kvm_segment){.type = 2, .unusable = 1};
  s->gdt = s->idt = (struct kvm_dtable){0};
  s->cr0 = 0x80050033, s->cr3 = ENVIRONMENT_TABLES, s->cr4 = 1 << 5 | 1 << 9 | 1 << 10, s->efer = 0xd00;
}

static void open_stage(struct stage *s, const struct environment *e, const struct function *f) {
  load_image(s, e, f);
  open_stage_machine(s);
  s->start.cs.base = 0, s->start.cs.selector = 0;
  if (!e->direct) return;
  build_tables(s->memory);
  set_direct(&s->start, e->bits);
}

// Nanoseconds from KVM_RUN to the guest's `out`; includes the boot if the environment is not entered directly.
static double run_stage(struct stage *s, const struct environment *e, uint32_t argument, uint32_t expected) {
  struct kvm_regs regs = {.rip = ENVIRONMENT_IMAGE + (e->direct ? ENVIRONMENT_DIRECT : 0),
                          .rflags = e->direct ? 0x3002 : 2,  // IOPL 3
                          .rbx = argument,
                          .rsp = (e->bits == 16 ? ENVIRONMENT_SEGMENT : ENVIRONMENT_MEMORY) - 16};
  CHECK(ioctl(s->vcpu, KVM_SET_SREGS, &s->start) == 0, "KVM_SET_SREGS");
  CHECK(ioctl(s->vcpu, KVM_SET_REGS, &regs) == 0, "KVM_SET_REGS");
  const uint64_t start = now_ns();
  int result;
  do result = ioctl(s->vcpu, KVM_RUN, 0);
  while (result != 0 && errno == EINTR);
  const double took = (double)(now_ns() - start);
  CHECK(ioctl(s->vcpu, KVM_GET_REGS, &regs) == 0, "KVM_GET_REGS");
  if (result != 0 || s->run->exit_reason != KVM_EXIT_IO || s->run->io.port != ENVIRONMENT_PORT) {
    DIE("%s: the guest left with reason %u at %llx: %s", e->name, s->run->exit_reason, regs.rip, strerror(errno));
  }
  if ((uint32_t)regs.rax != expected)
    DIE("%s: the guest returned %u, but %u is right", e->name, (uint32_t)regs.rax, expected);
  return took;
}

enum { REAL, PROTECTED, LONG, DIRECT16, DIRECT32, DIRECT64, ENVIRONMENTS };
static const struct environment environments[] = {
    {"env.real", 16, 0},     {"env.protected", 32, 0}, {"env.long", 64, 0},
    {"env.direct16", 16, 1}, {"env.direct32", 32, 1},  {"env.direct64", 64, 1},
};
static const struct function functions[] = {
    {"fib", run_fib, 30}, {"sha256", run_sha256, 1024}, {"touch", run_touch, 256}, {"fold", run_fold, 1000000}};

static double sample(int environment, int function, uint64_t argument) {
  static struct stage stages[ENVIRONMENTS][sizeof functions / sizeof *functions];
  struct stage *s = &stages[environment][function];
  const struct environment *e = &environments[environment];
  const struct function *f = &functions[function];
  if (s->run == NULL) open_stage(s, e, f);
  return run_stage(s, e, (uint32_t)argument, f->on_host((uint32_t)argument));
}

#define EACH(environment)                                                                                      \
  static double environment##_fib(uint64_t n) { return sample(environment, FIB - 1, n); }                      \
  static double environment##_sha256(uint64_t n) { return sample(environment, SHA256 - 1, n); }                \
  static double environment##_touch(uint64_t n) { return sample(environment, TOUCH - 1, n); }                  \
  static double environment##_fold(uint64_t n) { return sample(environment, FOLD - 1, n); }
// clang-format off
EACH(REAL) EACH(PROTECTED) EACH(LONG) EACH(DIRECT16) EACH(DIRECT32) EACH(DIRECT64)

#define NAMES(name, environment)                                                                  \
  {name ".fib", environment##_fib, 30}, {name ".sha256", environment##_sha256, 1024},              \
      {name ".touch", environment##_touch, 256}, {name ".fold", environment##_fold, 1000000}
const struct subject environment_families[] = {
    NAMES("env.real", REAL),         NAMES("env.protected", PROTECTED), NAMES("env.long", LONG),
    NAMES("env.direct16", DIRECT16), NAMES("env.direct32", DIRECT32),   NAMES("env.direct64", DIRECT64),
    {NULL, NULL, 0},
};
// clang-format on
