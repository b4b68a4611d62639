// How a program runs as a Linux process. One executable becomes three things, one after the other:
//
//   zygote   starts in the jail, with the channel to the host as descriptor 3. Never runs an instruction of the
//            guest's. Forks spare children ahead of time, gives each request to one, passes frames on, waits for them.
//   child    a fork, for one call or one kept state. Locks itself in (child.c) and becomes
//   guest    constructors, then NEXT after NEXT: the C runtime and the program. The guest can read, write and call
//            everything in this process, so nothing in it is trusted or secret. It leaves by colony_hypercall (stub.c).
//
//   address space of all three                        zygote    child, guest
//   0x400000          text, rodata, data              yes       yes (copy on write)
//   image end + 64 K  stack of the child              no access yes
//   above it          stack for fault handlers        yes       yes
//   heap base ..      heap: reserved, as far as GROW  reserved  yes
//                     gave it
//   elsewhere         zone: the zygote's stack, its   yes       not mapped (MADV_DONTFORK)
//                     buffers with others' frames
#ifndef COLONY_PROCESS_H
#define COLONY_PROCESS_H

#include "protocol.generated.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHANNEL = 3, PAGE = 4096, FAULT_STACK = 65536 };

// From the image's note (image.S) and the linker.
extern const char colony_image_start[], colony_image_end[], colony_data_start[];
extern const uint64_t colony_stack_size, colony_wanted_heap_base, colony_heap_initial;

// Addresses and sizes of the memory regions. The zygote sets them once, and its forks inherit them.
struct layout {
  uint64_t stack, stack_top, fault_stack, heap;
  uint64_t heap_reserve;  // bytes
  uint64_t fixed;         // bytes of the guest's memory outside of the heap
};
extern struct layout layout;

// The seccomp filter that a child installs before it becomes the guest.
enum { MOST_FILTER = 256 };
struct filter {
  uint16_t length;  // instructions
  uint64_t instructions[MOST_FILTER];
};
extern struct filter child_filter;

// entry.S: forks. The child runs child_main on its own stack, with these two numbers. Returns the child's pid.
long fork_child(uint64_t stack, int channel, uint64_t memory);
_Noreturn void child_main(int channel, uint64_t memory);

// entry.S: calls a function that does not return, on another stack.
_Noreturn void run_on(uint64_t stack, void (*function)(void));

// entry.S: true if the system saves vector state with XSAVE on this processor.
extern uint8_t has_xsave;

// entry.S: sets registers and vector state to a guest's initial values, then calls colony_main.
_Noreturn void enter_guest(uint64_t heap, uint64_t heap_size, uint64_t heap_capacity, uint64_t stack_top);

// fault.c: installs handlers for processor faults. The zygote has them too, and a fault ends it.
void install_fault_handlers(void);

// stub.c: sets the bytes of memory that the guest may have in all, and marks this process as a child.
void begin_stub(uint64_t memory);
extern bool is_child;
// Reports why the guest ends, and ends it. `message` may be NULL.
_Noreturn void end_guest(uint32_t kind, uint32_t code, uint64_t a, uint64_t b, uint64_t c, const void *message,
                         size_t length);

#endif
