// Serves the system calls and exceptions of the program that runs.
#include "serve.h"

#include "colony/abi.h"
#include "files/files.h"
#include "memory/memory.h"
#include "process/signals.h"
#include "threads/threads.h"
#include "vectors.h"

#include <asm/errno.h>
#include <linux/signal.h>
#include <asm/unistd.h>

#define ROW(name) [__NR_##name] = sys_##name,
enum { MOST_CALLS = 512 };
static system_call *const table[MOST_CALLS] = {FILE_CALLS(ROW) MEMORY_CALLS(ROW) PROCESS_CALLS(ROW) THREAD_CALLS(ROW)};

// System calls that the library OS does not have, or not in that form, by number.
static uint32_t unsupported_calls[MOST_CALLS];

static struct ending last_ending;
static struct registers *current;  // of the present system call

int linux_enter(const struct start *start);
_Noreturn void linux_leave(int unused);
void serve_report_unsupported(void) {
  host_report_unsupported(unsupported_calls, MOST_CALLS);
  memset(unsupported_calls, 0, sizeof unsupported_calls);
}

void linux_serve(struct registers *registers);
bool linux_exception(struct exception *exception);
void linux_tick(struct exception *exception);
_Noreturn void linux_preempt(const struct exception *exception);

static int64_t answer(uint64_t number, const uint64_t arguments[6]) {
  system_call *function = number < MOST_CALLS ? table[number] : NULL;
  int64_t result = function == NULL ? -ENOSYS : function(arguments);
  if (result == -ENOSYS && number < MOST_CALLS) unsupported_calls[number]++;
  return result;
}

static struct context context_of(struct registers *registers) {
  return (struct context){&registers->general, &registers->rip, &registers->flags, &registers->rsp};
}

const struct registers *serve_registers(void) { return current; }

struct context serve_context(void) { return context_of(current); }

void linux_serve(struct registers *registers) {
  current = registers;
  const struct general *general = &registers->general;
  if (registers->trapped == REGISTERS_TRAPPED) rewrite_site(registers);
  const uint64_t arguments[6] = {general->rdi, general->rsi, general->rdx, general->r10, general->r8, general->r9};
  int64_t result = answer(registers->number, arguments);
  bool restarts = result == RESTART;
  registers->general.rax = restarts ? registers->number : (uint64_t)result;
  if (restarts) registers->rip -= SYSCALL_BYTES;
  thread_take_turns();
  const struct context context = context_of(registers);
  signals_deliver(&context, restarts);
}

enum { BY_KERNEL = 128, WAS_PRESENT = 1, PAGE_FAULT = 14 };

// The signal of each exception, and its code, as sigaction(2) lists them.
static struct cause cause_of(const struct exception *exception) {
  switch (exception->vector) {
    case 0: return (struct cause){SIGFPE, FPE_INTDIV, exception->rip, 0, 0};
    case 1: return (struct cause){SIGTRAP, TRAP_TRACE, exception->rip, 0, 0};
    case 3: return (struct cause){SIGTRAP, BY_KERNEL, 0, 0, 0};
    case 6: return (struct cause){SIGILL, ILL_ILLOPN, exception->rip, 0, 0};
    case 11:
    case 12: return (struct cause){SIGBUS, BY_KERNEL, 0, 0, 0};
    case 16:
    case 19: return (struct cause){SIGFPE, FPE_FLTINV, exception->rip, 0, 0};
    case 17: return (struct cause){SIGBUS, BUS_ADRALN, 0, 0, 0};
    case PAGE_FAULT:
      return (struct cause){SIGSEGV, (exception->code & WAS_PRESENT) != 0 ? SEGV_ACCERR : SEGV_MAPERR, 0, 0, 0};
    default: return (struct cause){SIGSEGV, BY_KERNEL, 0, 0, 0};
  }
}

static void fault(struct exception *exception) {
  struct cause cause = cause_of(exception);
  if (exception->vector == PAGE_FAULT) cause.address = host_fault_address();
  cause.vector = exception->vector;
  cause.error = exception->code;
  const struct context context = {&exception->general, &exception->rip, &exception->flags, &exception->rsp};
  signals_fault(&context, &cause);
}

extern const char __image_end[];

static bool in_library_os(uint64_t address) {
  return address >= COLONY_LINUX_BASE && address < (uint64_t)(uintptr_t)__image_end;
}

// The instruction was fetched, so its bytes can be read: `syscall` is 0f 05.
static bool is_system_call(const struct exception *exception) {
  const uint8_t *at = (const uint8_t *)(uintptr_t)exception->rip;
  return exception->vector == 6 && user_range(exception->rip, 2) && at[0] == 0x0f && at[1] == 0x05;
}

static void write_hex(char *to, uint64_t value, unsigned digits) {
  for (unsigned i = digits; i-- > 0; value >>= 4) to[i] = "0123456789abcdef"[value & 15];
}

// A fault of the library OS itself is its own mistake, or the work of a program that overwrote it.
static _Noreturn void panic_at(const struct exception *exception) {
  static char message[] = "the library OS faulted at 0x0000000000000000, exception 0x00";
  const size_t address_at = sizeof "the library OS faulted at 0x" - 1, vector_at = sizeof message - 3;
  write_hex(message + address_at, exception->rip, 16);
  write_hex(message + vector_at, exception->vector, 2);
  kernel_panic(message);
}

// A tick while the library OS runs changes nothing: the thread takes its turn at the end of its system call.
static void tick(const struct exception *exception) {
  if (!in_library_os(exception->rip) && threads_wait_for_turn()) linux_preempt(exception);
}

void linux_tick(struct exception *exception) {
  const struct context context = {&exception->general, &exception->rip, &exception->flags, &exception->rsp};
  threads_yield();
  signals_deliver(&context, false);
}

bool linux_exception(struct exception *exception) {
  exception->ss = SELECTOR_DATA;
  if (exception->vector == COLONY_LINUX_TICK_VECTOR) {
    tick(exception);
    return false;
  }
  if (is_system_call(exception)) return true;
  if (in_library_os(exception->rip)) panic_at(exception);
  fault(exception);
  return false;
}

_Noreturn void process_end(struct ending ending) {
  last_ending = ending;
  linux_leave(0);
}

struct ending serve_program(const struct start *start) {
  vectors_clear();
  threads_begin();
  linux_enter(start);
  return last_ending;
}
