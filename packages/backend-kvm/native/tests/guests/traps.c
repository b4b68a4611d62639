// A guest with the layout for Linux programs: it serves its own exceptions and SYSCALL instructions.
#include "traps.h"

#include <stdint.h>

#include "boot/hypercall.h"
#include "colony/abi.h"

extern uint64_t system_calls, last_vector, resume_at, higher_level;
extern char nested;
void provoke(void (*deed)(void), uint64_t number);
void interrupt(uint64_t number);
void plant_state(void);
void do_ud2(void), do_null_read(void), do_null_call(void), do_divide(void), do_int3(void), do_hlt(void);
void do_far_code(void), do_step(void), do_write(void);
_Noreturn void loop_faults(void), loop_syscalls(void), loop_int3(void), loop_step(void);

static uint64_t request[3];
static uint8_t *heap;

static uint64_t count_syscalls(uint64_t count) {
  system_calls = 0;
  for (uint64_t i = 0; i < count; i++) asm volatile("syscall" ::"a"(i) : "rcx", "r11", "memory");
  return system_calls;
}

static void (*const deeds[])(void) = {
    [TRAPS_UD2] = do_ud2,           [TRAPS_NULL_READ] = do_null_read, [TRAPS_NULL_CALL] = do_null_call,
    [TRAPS_DIVIDE] = do_divide,     [TRAPS_INT3] = do_int3,           [TRAPS_HLT] = do_hlt,
    [TRAPS_FAR_CODE] = do_far_code, [TRAPS_STEP] = do_step,
};

static uint64_t vector_of(void (*deed)(void), uint64_t number) {
  last_vector = 1000;
  provoke(deed, number);
  return last_vector;
}

static uint64_t selector(int which) {
  uint64_t value = 0;
  switch (which) {
    case 0: asm volatile("mov %%ds, %0" : "=r"(value)); break;
    case 1: asm volatile("mov %%es, %0" : "=r"(value)); break;
    case 2: asm volatile("mov %%fs, %0" : "=r"(value)); break;
    case 3: asm volatile("mov %%gs, %0" : "=r"(value)); break;
    case 4: asm volatile("mov %%ss, %0" : "=r"(value)); break;
    default: asm volatile("mov %%cs, %0" : "=r"(value)); break;
  }
  return value & 0xffff;
}

static uint64_t observe(void) {
  uint64_t sum = 0, value;
  for (int i = 0; i < 6; i++) sum = sum * 31 + selector(i);
  asm volatile("rdfsbase %0" : "=r"(value));
  sum = sum * 31 + value;
  asm volatile("rdgsbase %0" : "=r"(value));
  sum = sum * 31 + value;
  asm volatile("pushfq; popq %0" : "=r"(value));
  return sum * 31 + (value & 0xff00);
}

static uint64_t now(void) {
  uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return (uint64_t)high << 32 | low;
}

static uint64_t idle(uint64_t nanoseconds) {
  uint64_t start = now();
  colony_hypercall(COLONY_OP_IDLE, (const void *)nanoseconds, 0, 0, 0);
  return now() - start;
}

static uint64_t execute_heap(void) {
  static const uint8_t code[] = {0xb8, 42, 0, 0, 0, 0xc3};  // mov $42, %eax; ret
  for (unsigned i = 0; i < sizeof code; i++) heap[i] = code[i];
  return ((uint32_t (*)(void))heap)();
}

static uint64_t wait_for_tick(void) {
  static const uint8_t code[] = {0x48, 0x83, 0x3f, COLONY_LINUX_TICK_VECTOR,
                                 0x75, 0xfa, 0xc3};  // 1: cmpq $32, (%rdi); jne 1b; ret
  for (unsigned i = 0; i < sizeof code; i++) heap[i] = code[i];
  last_vector = 1000;
  resume_at = 0;
  ((void (*)(uint64_t *))heap)(&last_vector);
  return last_vector;
}

static uint64_t no_tick(uint64_t duration) {
  last_vector = 1000;
  resume_at = 0;
  for (uint64_t start = now(); now() - start < duration;) continue;
  return last_vector;
}

static void loop_heap(void) {
  heap[0] = 0xeb;  // 1: jmp 1b
  heap[1] = 0xfe;
  resume_at = 0;
  ((void (*)(void))heap)();
}

static uint64_t loop(uint64_t which) {
  switch (which) {
    case TRAPS_LOOP_FAULTS: loop_faults();
    case TRAPS_LOOP_SYSCALLS: loop_syscalls();
    case TRAPS_LOOP_INT3: loop_int3();
    case TRAPS_LOOP_STEP: loop_step();
    case TRAPS_LOOP_HEAP: loop_heap(); break;
    case TRAPS_LOOP_NESTED:
      nested = 1;
      do_ud2();
      break;
    default:
      for (;;) idle(1000000000000);
  }
  return 0;
}

static uint64_t serve(void) {
  switch (request[0]) {
    case TRAPS_SYSCALLS: return count_syscalls(request[1]);
    case TRAPS_EXCEPTION: return vector_of(deeds[request[1]], 0);
    case TRAPS_INTERRUPT:
      last_vector = 1000;
      interrupt(request[1]);
      return higher_level != 0 ? 2000 : last_vector;
    case TRAPS_OBSERVE: return observe();
    case TRAPS_PLANT:
      plant_state();
      asm volatile("cld");
      return 1;
    case TRAPS_IDLE: return idle(request[1]);
    case TRAPS_EXECUTE_HEAP: return execute_heap();
    case TRAPS_FAULT_ADDRESS:
      vector_of(do_write, request[1]);
      return colony_hypercall(COLONY_OP_FAULT_ADDRESS, 0, 0, 0, 0).length;
    case TRAPS_WRITE: return vector_of(do_write, request[1]);
    case TRAPS_TICK: return wait_for_tick();
    case TRAPS_NO_TICK: return no_tick(request[1]);
    case TRAPS_RESERVE: return colony_hypercall(COLONY_OP_GROW, (const void *)request[1], 1, 0, 0).status;
    default: return loop(request[1]);
  }
}

void colony_main(char *base, size_t size, size_t capacity, uint64_t abi, const void *system_page) {
  (void)size, (void)capacity, (void)abi, (void)system_page;
  heap = (uint8_t *)base;
  uint64_t reply = 0, length = 0;
  for (;;) {
    colony_hypercall(COLONY_OP_NEXT, &reply, length, request, sizeof request);
    reply = serve();
    length = sizeof reply;
  }
}
