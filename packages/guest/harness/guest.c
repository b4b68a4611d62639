#define _GNU_SOURCE
#include "guest.h"

#include "journal.h"

#include <immintrin.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

// State components that a guest may use: x87, SSE, AVX, AVX-512.
#define PAGE_FAULT_WRITE 2
#define OUT_IMMEDIATE 0xe6

// The kernel keeps the FS base when it delivers a signal, so the handler begins with the guest's. It must not touch
// thread-local storage before it has restored the harness's own. (Compiled without a stack protector.)
static struct {
  struct guest *guest;
  gregset_t host_registers;
  uint64_t host_fs;
  uint64_t guest_fs;
  bool in_guest;
  enum guest_exit exit;
  struct fault fault;
} machine;

static char signal_stack[64 * 1024];

static bool is_hypercall(const greg_t *registers, int signal) {
  if (signal != SIGSEGV || !guest_allows(machine.guest, (uintptr_t)registers[REG_RIP], 2, PROT_EXEC)) return false;
  const uint8_t *code = (const uint8_t *)registers[REG_RIP];
  return code[0] == OUT_IMMEDIATE && code[1] == COLONY_PORT;
}

static void leave_guest(greg_t *registers, enum guest_exit exit) {
  memcpy(machine.guest->registers, registers, sizeof(gregset_t));
  memcpy(registers, machine.host_registers, sizeof(gregset_t));
  machine.exit = exit;
  machine.in_guest = false;
}

static void on_fault(int signal, siginfo_t *info, void *context) {
  _writefsbase_u64(machine.host_fs);
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  bool write = signal == SIGSEGV && (registers[REG_ERR] & PAGE_FAULT_WRITE) && info->si_code == SEGV_ACCERR;
  if (write && journal_write((uintptr_t)info->si_addr)) {
    // A page of the snapshot, which is now saved and writable: continue.
  } else if (!machine.in_guest) {
    struct sigaction ordinary = {.sa_handler = SIG_DFL};
    sigaction(signal, &ordinary, NULL);  // the harness's own bug
  } else if (is_hypercall(registers, signal)) {
    leave_guest(registers, GUEST_HYPERCALL);
  } else {
    machine.fault = (struct fault){signal, (uintptr_t)info->si_addr, (uintptr_t)registers[REG_RIP]};
    leave_guest(registers, GUEST_FAULT);
  }
  if (machine.in_guest) _writefsbase_u64(machine.guest_fs);
}

// The harness's `int3` in guest_run.
static void on_enter(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info;
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  memcpy(machine.host_registers, registers, sizeof(gregset_t));
  // Keeps segments and the other words of the host's context.
  memcpy(registers, machine.guest->registers, sizeof(greg_t) * (REG_EFL + 1));
  machine.in_guest = true;
  _writefsbase_u64(machine.guest_fs);
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, NULL);
}

void guest_install(struct guest *guest) {
  stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
  sigaltstack(&stack, NULL);
  machine.guest = guest;
  machine.host_fs = _readfsbase_u64();
  handle(SIGSEGV, on_fault);
  handle(SIGBUS, on_fault);
  handle(SIGILL, on_fault);
  handle(SIGFPE, on_fault);
  handle(SIGTRAP, on_enter);
}

enum guest_exit guest_run(struct guest *guest, struct fault *fault) {
  machine.guest = guest;
  // The signal frames save and restore all of the guest's registers; the compiler must only know of the vector
  // registers.
  __asm__ volatile("int3"
                   :
                   :
                   : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                     "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  if (machine.exit == GUEST_FAULT) *fault = machine.fault;
  return machine.exit;
}

void guest_answer(struct guest *guest, uint64_t status, uint64_t length) {
  gregset_t *r = &guest->registers;
  (*r)[REG_RIP] = (greg_t)guest->resume;
  machine.guest_fs = (uint64_t)(*r)[REG_R8];
  (*r)[REG_R8] = (greg_t)status;
  (*r)[REG_R9] = (greg_t)length;
}

bool guest_allows(const struct guest *guest, uintptr_t at, size_t length, int prot) {
  for (size_t i = 0; i < guest->region_count; i++) {
    const struct region *region = &guest->regions[i];
    if (at < region->address || at - region->address > region->size) continue;
    if (length <= region->size - (at - region->address) && (region->prot & prot) == prot) return true;
  }
  return false;
}

void guest_resize_heap(struct guest *guest, size_t size) {
  struct region *heap = guest->heap;
  char *end = (char *)heap->address + heap->size;
  if (size > heap->size) {
    mprotect(end, size - heap->size, PROT_READ | PROT_WRITE);
  } else if (size < heap->size) {
    mprotect((char *)heap->address + size, heap->size - size, PROT_NONE);
    madvise((char *)heap->address + size, heap->size - size, MADV_DONTNEED);
  }
  heap->size = size;
}
