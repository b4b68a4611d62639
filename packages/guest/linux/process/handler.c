// The frame of a signal handler, as Linux has it (struct rt_sigframe), and the way back.
//
//   stack pointer ->  restorer | ucontext | siginfo | ... | vector state (64-byte aligned) | red zone | interrupted stack
#include <asm/errno.h>
#include <linux/signal.h>

#include "../serve.h"
#include "../vectors.h"
#include "signals.h"

enum { RED_ZONE = 128, FLAG_TRAP = 0x100, FLAG_DIRECTION = 0x400, FLAG_RESUME = 0x10000 };
// uc_flags: the vector state is an XSAVE area, and the stack segment is saved and restored.
enum { CONTEXT_FLAGS = 7 };
// The software's part of an XSAVE area in a frame (struct _fpx_sw_bytes), and the mark behind the area.
enum { SOFTWARE_AT = 464, MAGIC_1 = 0x46505853, MAGIC_2 = 0x46505845 };

struct machine_context {
  uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, flags;
  uint16_t cs, gs, fs, ss;
  uint64_t error, vector, old_mask, address, vectors, reserved[8];
};

struct user_context {
  uint64_t flags, link;
  struct alternate_stack stack;
  struct machine_context machine;
  uint64_t mask;
};

struct signal_frame {
  uint64_t restorer;
  struct user_context context;
  struct signal_info info;
};

struct software {
  uint32_t magic, extended_size;
  uint64_t components;
  uint32_t size;
};

static void save(struct machine_context *to, const struct context *from) {
  const struct general *g = from->general;
  *to = (struct machine_context){.r8 = g->r8,
                                 .r9 = g->r9,
                                 .r10 = g->r10,
                                 .r11 = g->r11,
                                 .r12 = g->r12,
                                 .r13 = g->r13,
                                 .r14 = g->r14,
                                 .r15 = g->r15,
                                 .rdi = g->rdi,
                                 .rsi = g->rsi,
                                 .rbp = g->rbp,
                                 .rbx = g->rbx,
                                 .rdx = g->rdx,
                                 .rax = g->rax,
                                 .rcx = g->rcx,
                                 .rsp = *from->rsp,
                                 .rip = *from->rip,
                                 .flags = *from->flags,
                                 .cs = SELECTOR_CODE,
                                 .ss = SELECTOR_DATA};
}

static struct general general_of(const struct machine_context *m) {
  return (struct general){.r8 = m->r8,
                          .r9 = m->r9,
                          .r10 = m->r10,
                          .r11 = m->r11,
                          .r12 = m->r12,
                          .r13 = m->r13,
                          .r14 = m->r14,
                          .r15 = m->r15,
                          .rdi = m->rdi,
                          .rsi = m->rsi,
                          .rbp = m->rbp,
                          .rbx = m->rbx,
                          .rdx = m->rdx,
                          .rax = m->rax,
                          .rcx = m->rcx};
}

static bool on_alternate(uint64_t rsp) {
  const struct alternate_stack *stack = &signals.thread.stack;
  return rsp > stack->address && rsp - stack->address <= stack->size;
}

static uint64_t stack_for(const struct action *action, uint64_t rsp) {
  const struct alternate_stack *stack = &signals.thread.stack;
  bool alternate = (action->flags & SA_ONSTACK) != 0 && stack->size != 0 && !on_alternate(rsp);
  return alternate ? stack->address + stack->size : rsp - RED_ZONE;
}

static void store_vectors(uint64_t address) {
  const struct software software = {MAGIC_1, VECTORS_ROOM + 4, 0x2e7, VECTORS_ROOM};
  const uint32_t end = MAGIC_2;
  memset((void *)address, 0, VECTORS_ROOM);
  vectors_store((void *)address);
  memcpy((void *)(address + SOFTWARE_AT), &software, sizeof software);
  memcpy((void *)(address + VECTORS_ROOM), &end, sizeof end);
}

static void write_frame(struct signal_frame *frame, const struct context *context, const struct cause *cause) {
  memset(frame, 0, sizeof *frame);
  frame->restorer = signals.actions[cause->signal - 1].restorer;
  frame->context.flags = CONTEXT_FLAGS;
  frame->context.stack = signals.thread.stack;
  const struct thread_signals *own = &signals.thread;
  frame->context.mask = own->has_original ? own->original : own->blocked;
  save(&frame->context.machine, context);
  frame->context.machine.error = cause->error;
  frame->context.machine.vector = cause->vector;
  frame->context.machine.address = cause->address;
  frame->info = (struct signal_info){.signal = cause->signal, .code = cause->code, .address = cause->address};
}

static void enter_handler(const struct context *context, const struct action *action, struct signal_frame *frame) {
  context->general->rdi = (uint64_t)frame->info.signal;
  context->general->rsi = (uint64_t)&frame->info;
  context->general->rdx = (uint64_t)&frame->context;
  context->general->rax = 0;
  *context->rip = action->handler;
  *context->rsp = (uint64_t)frame;
  *context->flags &= ~(uint64_t)(FLAG_TRAP | FLAG_DIRECTION | FLAG_RESUME);
}

static void change_action(struct action *action, uint64_t signal) {
  signals.thread.blocked |= action->mask | ((action->flags & SA_NODEFER) != 0 ? 0 : signal_bit(signal));
  if ((action->flags & SA_RESETHAND) != 0) action->handler = 0;
}

bool handler_start(const struct context *context, const struct cause *cause) {
  struct action *action = &signals.actions[cause->signal - 1];
  uint64_t top = stack_for(action, *context->rsp);
  uint64_t vectors = (top - VECTORS_ROOM - sizeof(uint32_t)) & ~63ull;
  uint64_t at = ((vectors - sizeof(struct signal_frame)) & ~15ull) - 8;  // as after a call
  if (at > top || !user_range(at, top - at)) return false;
  struct signal_frame *frame = (struct signal_frame *)at;
  store_vectors(vectors);
  write_frame(frame, context, cause);
  frame->context.machine.vectors = vectors;
  enter_handler(context, action, frame);
  change_action(action, (uint64_t)cause->signal);
  return true;
}

static bool load_vectors(uint64_t address) {
  if (address == 0) return true;
  if (address % 64 != 0 || !user_range(address, VECTORS_ROOM)) return false;
  vectors_load((const void *)address);
  return true;
}

// The restorer has popped its own address, so the frame begins eight bytes below the stack pointer.
SYSTEM_CALL(rt_sigreturn) {
  (void)a;
  static struct resumption next;
  uint64_t at = *serve_context().rsp - 8;
  const struct signal_frame *frame = (const struct signal_frame *)at;
  if (!user_range(at, sizeof *frame)) process_end((struct ending){.signal = SIGSEGV});
  const struct user_context *context = &frame->context;
  const struct machine_context *machine = &context->machine;
  if (!load_vectors(machine->vectors)) process_end((struct ending){.signal = SIGSEGV});
  signals.thread.blocked = context->mask & ~(signal_bit(SIGKILL) | signal_bit(SIGSTOP));
  signals.thread.stack = context->stack;
  next = (struct resumption){general_of(machine), machine->rip, SELECTOR_CODE,
                             machine->flags,      machine->rsp, SELECTOR_DATA};
  linux_resume(&next);
}
