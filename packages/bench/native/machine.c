#define _GNU_SOURCE
#include "machine.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "floor.h"

extern const uint8_t guest_text[], guest_text_end[];

enum { TSS_SIZE = 104, PORT = 203, BITMAP_BYTES = PORT / 8 + 1, MOST_CPUID = 256 };

static struct {
  int kvm, image;
  size_t run_size;
  const uint8_t *bytes;
  uint64_t cr4, xcr0;
  int guest_xsave;
  struct kvm_cpuid2 *cpuid;
} world;

static void build_tables(uint8_t *memory) {
  const uint64_t table = 0x27;                                        // present, writable, user, accessed
  const uint64_t read = 0x65, write = 0x67, no_execute = 1ull << 63;  // with dirty, so that KVM never writes a table
  uint64_t *pml4 = (uint64_t *)memory, *pt = (uint64_t *)(memory + 0x3000);
  pml4[0] = 0x1000 | table;
  ((uint64_t *)(memory + 0x1000))[0] = 0x2000 | table;
  for (uint64_t i = 0; i < TABLES; ++i) ((uint64_t *)(memory + 0x2000))[(BASE >> 21) + i] = (0x3000 + i * PAGE) | table;
  pt[SYSTEM / PAGE] = SYSTEM | read | no_execute;
  pt[TEXT / PAGE] = TEXT | read;
  for (uint64_t at = DATA; at < IMAGE_END; at += PAGE) pt[at / PAGE] = at | write | no_execute;
}

static void build_system_page(uint8_t *page) {
  const uint16_t bitmap = TSS_SIZE;
  memcpy(page + 102, &bitmap, sizeof bitmap);
  memset(page + TSS_SIZE, 0xff, BITMAP_BYTES + 1);
  page[TSS_SIZE + PORT / 8] &= (uint8_t)~(1u << (PORT % 8));
}

static void make_image(void) {
  world.image = memfd_create("floor", MFD_CLOEXEC);
  CHECK(world.image >= 0 && ftruncate(world.image, IMAGE_END) == 0, "memfd");
  uint8_t *to = mmap(NULL, IMAGE_END, PROT_READ | PROT_WRITE, MAP_SHARED, world.image, 0);
  CHECK(to != MAP_FAILED, "mmap of the image");
  build_tables(to);
  build_system_page(to + SYSTEM);
  memcpy(to + TEXT, guest_text, (size_t)(guest_text_end - guest_text));
  memset(to + DATA, 0x5a, IMAGE_END - DATA);  // no page of zeros: a reset must copy all of it
  world.bytes = to;
}

static void read_features(void) {
  world.cr4 = 1 << 5 | 1 << 9 | 1 << 10 | 1 << 2;  // PAE, OSFXSR, OSXMMEXCPT, TSD
  for (uint32_t i = 0; i < world.cpuid->nent; ++i) {
    const struct kvm_cpuid_entry2 *e = &world.cpuid->entries[i];
    if (e->function == 1 && e->ecx >> 26 & 1) world.guest_xsave = 1, world.cr4 |= 1 << 18;
    if (e->function == 7 && e->index == 0) {
      // FSGSBASE, SMEP, UMIP. Not SMAP: the processor reads the I/O bitmap with a supervisor's rights, and SMAP refuses
      // those a page that the guest may read, so that the guest's `out` would fault.
      world.cr4 |= (e->ebx & 1) << 16 | (e->ebx >> 7 & 1) << 20 | (e->ecx >> 2 & 1) << 11;
    }
    if (e->function == 0xd && e->index == 0) world.xcr0 = e->eax & 0xe7;
  }
}

void machine_world(void) {
  if (world.bytes != NULL) return;
  world.kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  CHECK(world.kvm >= 0, "/dev/kvm");
  const int sync = ioctl(world.kvm, KVM_CHECK_EXTENSION, KVM_CAP_SYNC_REGS);
  if ((sync & KVM_SYNC_X86_REGS) == 0) DIE("this KVM has no synchronous registers");
  world.run_size = (size_t)ioctl(world.kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
  world.cpuid = calloc(1, sizeof *world.cpuid + MOST_CPUID * sizeof world.cpuid->entries[0]);
  world.cpuid->nent = MOST_CPUID;
  CHECK(ioctl(world.kvm, KVM_GET_SUPPORTED_CPUID, world.cpuid) == 0, "KVM_GET_SUPPORTED_CPUID");
  read_features();
  make_image();
}

const uint8_t *machine_image(void) { return world.bytes; }

static void open_memory(struct machine *m) {
  // The whole slot is reserved and the image is mapped over its start: as many mappings as a shell has.
  m->memory = mmap(NULL, SLOT, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  CHECK(m->memory != MAP_FAILED, "mmap of the slot");
  CHECK(mmap(m->memory, IMAGE_END, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, world.image, 0) !=
            MAP_FAILED,
        "mmap of the image");
  CHECK(madvise(m->memory, IMAGE_END, MADV_DONTFORK) == 0, "madvise");
}

static void open_vm(struct machine *m) {
  m->vm = ioctl(world.kvm, KVM_CREATE_VM, 0);
  CHECK(m->vm >= 0, "KVM_CREATE_VM");
  struct kvm_enable_cap protect = {.cap = KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2,
                                   .args = {KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE}};
  CHECK(ioctl(m->vm, KVM_ENABLE_CAP, &protect) == 0, "KVM_ENABLE_CAP");
  struct kvm_userspace_memory_region slot = {
      .flags = KVM_MEM_LOG_DIRTY_PAGES, .memory_size = SLOT, .userspace_addr = (uint64_t)m->memory};
  CHECK(ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &slot) == 0, "KVM_SET_USER_MEMORY_REGION");
}

static void open_vcpu(struct machine *m) {
  m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
  CHECK(m->vcpu >= 0, "KVM_CREATE_VCPU");
  CHECK(ioctl(m->vcpu, KVM_SET_CPUID2, world.cpuid) == 0, "KVM_SET_CPUID2");
  struct kvm_xcrs xcrs = {.nr_xcrs = 1, .xcrs = {{.value = world.xcr0}}};
  if (world.guest_xsave) CHECK(ioctl(m->vcpu, KVM_SET_XCRS, &xcrs) == 0, "KVM_SET_XCRS");
  m->run = mmap(NULL, world.run_size, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
  CHECK(m->run != MAP_FAILED, "mmap of the vCPU");
  m->run->kvm_valid_regs = KVM_SYNC_X86_REGS;
}

static void set_segments(struct kvm_sregs *s) {
  const struct kvm_segment code = {
      .limit = ~0u, .selector = 0x33, .type = 11, .present = 1, .dpl = 3, .s = 1, .l = 1, .g = 1};
  const struct kvm_segment data = {
      .limit = ~0u, .selector = 0x2b, .type = 3, .present = 1, .dpl = 3, .s = 1, .db = 1, .g = 1};
  const struct kvm_segment task = {
      .base = BASE + SYSTEM, .limit = TSS_SIZE + BITMAP_BYTES, .selector = 0x40, .type = 11, .present = 1};
  s->cs = code;
  s->ds = s->es = s->fs = s->gs = s->ss = data;
  s->tr = task;
  s->ldt = (struct kvm_segment){.type = 2, .unusable = 1};
  s->gdt = s->idt = (struct kvm_dtable){0};
}

static void set_state(struct machine *m) {
  struct kvm_sregs s;
  CHECK(ioctl(m->vcpu, KVM_GET_SREGS, &s) == 0, "KVM_GET_SREGS");
  set_segments(&s);
  s.cr0 = 0x80050033, s.cr2 = 0, s.cr3 = 0, s.cr4 = world.cr4, s.cr8 = 0, s.efer = 0xd00;
  CHECK(ioctl(m->vcpu, KVM_SET_SREGS, &s) == 0, "KVM_SET_SREGS");
  static struct kvm_xsave clean;
  clean.region[6] = 0x1f80;  // MXCSR
  CHECK(ioctl(m->vcpu, KVM_SET_XSAVE, &clean) == 0, "KVM_SET_XSAVE");
  m->regs = (struct kvm_regs){.rflags = 2};
}

void machine_open(struct machine *m) {
  open_memory(m);
  open_vm(m);
  open_vcpu(m);
  set_state(m);
}

void machine_close(struct machine *m) {
  munmap(m->run, world.run_size);
  close(m->vcpu);
  close(m->vm);
  munmap(m->memory, SLOT);
}

void machine_enter(struct machine *m, uint64_t pages) {
  struct kvm_run *run = m->run;
  m->regs.rip = BASE + TEXT;
  m->regs.rdi = BASE + DATA;
  m->regs.rcx = pages;
  run->s.regs.regs = m->regs;
  run->kvm_dirty_regs = KVM_SYNC_X86_REGS;
  int result;
  do result = ioctl(m->vcpu, KVM_RUN, 0);
  while (result != 0 && errno == EINTR);
  if (result != 0 || run->exit_reason != KVM_EXIT_IO || run->io.port != PORT) {
    DIE("the guest left with reason %u at %llx (%s)", run->exit_reason, run->s.regs.regs.rip, strerror(errno));
  }
  m->regs = run->s.regs.regs;
}

void machine_dirty(struct machine *m, uint64_t log[LOG_WORDS]) {
  struct kvm_dirty_log request = {.dirty_bitmap = log};
  CHECK(ioctl(m->vm, KVM_GET_DIRTY_LOG, &request) == 0, "KVM_GET_DIRTY_LOG");
}
