// The guest's way out: frames on its channel to the zygote. The guest owns all of this code and data. The setup before
// the guest began (child.c) confines it, and the zygote, which trusts nothing.
#include "process.h"
#include "sys.h"

#include "boot/hypercall.h"

bool is_child;

static struct {
  uint64_t memory;   // limit of all bytes
  uint64_t heap;     // bytes of the heap so far
  uint64_t waiting;  // bytes of the frame that did not fit
  bool has_waiting;
} guest;

void begin_stub(uint64_t memory) {
  is_child = true;
  guest.memory = memory;
  guest.heap = colony_heap_initial;
}

// Little-endian, as every x86-64 processor stores it anyway.
struct child_head {
  uint32_t length;
  uint8_t type;
} __attribute__((packed));

struct report {
  struct child_head head;
  uint32_t kind, code;
  uint64_t a, b, c, unused;
} __attribute__((packed));

_Static_assert(sizeof(struct report) == sizeof(struct child_head) + ZYGOTE_SIZE_REPORT_HEAD, "a report's head");

_Noreturn void end_guest(uint32_t kind, uint32_t code, uint64_t a, uint64_t b, uint64_t c, const void *message,
                         size_t length) {
  if (length > ZYGOTE_SIZE_MESSAGE) length = ZYGOTE_SIZE_MESSAGE;
  struct report report = {{(uint32_t)(ZYGOTE_SIZE_REPORT_HEAD + length), ZYGOTE_TYPE_REPORT}, kind, code, a, b, c, 0};
  struct io_vector parts[] = {{&report, sizeof report}, {message, length}};
  // A message that cannot be read is dropped; the report itself is still sent.
  if (call3(SYS_WRITEV, CHANNEL, (long)parts, 2) < 0) {
    report.head.length = ZYGOTE_SIZE_REPORT_HEAD;
    sys_write(CHANNEL, &report, sizeof report);
  }
  sys_exit(ZYGOTE_EXIT_BASE + (int)kind);
}

_Noreturn static void protocol_error(const char *message, size_t length) {
  end_guest(ZYGOTE_REPORT_PROTOCOL, 0, 0, 0, 0, message, length);
}
#define PROTOCOL_ERROR(text) protocol_error(text, sizeof text - 1)

// No report can follow a frame that the guest leaves incomplete, so the exit code reports it.
_Noreturn static void torn(void) { sys_exit(ZYGOTE_EXIT_BASE + ZYGOTE_REPORT_PROTOCOL); }

static void send(uint8_t type, const void *frame, size_t length) {
  uint8_t memory[ZYGOTE_SIZE_RESULT_HEAD];
  size_t own = type == ZYGOTE_TYPE_RESULT ? sizeof memory : 0;
  if (length > INT32_MAX) end_guest(ZYGOTE_REPORT_OUTPUT, 0, length, 0, 0, NULL, 0);
  for (size_t i = 0; i < own; i++) memory[i] = (uint8_t)((layout.fixed + guest.heap) >> 8 * i);
  struct child_head head = {(uint32_t)(own + length), type};
  struct io_vector parts[] = {{&head, sizeof head}, {memory, own}, {frame, length}};
  long sent = call3(SYS_WRITEV, CHANNEL, (long)parts, 3);
  if (sent < 0) PROTOCOL_ERROR("a hypercall's input is not in the guest's memory");
  size_t all = sizeof head + own + length;
  while ((size_t)sent < all) {
    size_t done = (size_t)sent - sizeof head - own;
    // Shorter than the heads: the zygote is gone, or the frame's first byte cannot be read.
    if ((size_t)sent < sizeof head + own) torn();
    long more = sys_write(CHANNEL, (const uint8_t *)frame + done, length - done);
    if (more <= 0) torn();
    sent += more;
  }
}

static void receive(void *to, size_t length) {
  for (size_t have = 0; have < length;) {
    long got = sys_read(CHANNEL, (uint8_t *)to + have, length - have);
    if (got == 0) sys_exit(0);  // the zygote is gone
    if (got < 0) PROTOCOL_ERROR("a hypercall's output is not in the guest's memory");
    have += (size_t)got;
  }
}

static struct colony_reply receive_frame(void *out, size_t capacity) {
  uint32_t length = 0;
  receive(&length, sizeof length);
  if (length > capacity) {
    guest.waiting = length;
    guest.has_waiting = true;
    return (struct colony_reply){COLONY_STATUS_TOO_SMALL, length};
  }
  receive(out, length);
  return (struct colony_reply){COLONY_STATUS_OK, length};
}

static struct colony_reply fetch(void *out, size_t capacity) {
  if (!guest.has_waiting) PROTOCOL_ERROR("FETCH with nothing to fetch");
  if (capacity < guest.waiting) PROTOCOL_ERROR("FETCH into a buffer that is too small");
  guest.has_waiting = false;
  receive(out, guest.waiting);
  return (struct colony_reply){COLONY_STATUS_OK, guest.waiting};
}

// Discards a frame that was not fetched.
static void drop_waiting(void) {
  uint8_t bytes[512];
  while (guest.has_waiting && guest.waiting > 0) {
    size_t part = guest.waiting < sizeof bytes ? guest.waiting : sizeof bytes;
    receive(bytes, part);
    guest.waiting -= part;
  }
  guest.has_waiting = false;
}

static struct colony_reply next(const void *result, size_t length, void *out, size_t capacity) {
  static bool started;
  if (!started) {
    static const struct child_head ready = {0, ZYGOTE_TYPE_READY};
    started = true;
    if (length != 0) PROTOCOL_ERROR("the first NEXT has a result, without a request");
    sys_write(CHANNEL, &ready, sizeof ready);
  } else {
    send(ZYGOTE_TYPE_RESULT, result, length);
  }
  return receive_frame(out, capacity);
}

static struct colony_reply grow(uint64_t size) {
  if (size % PAGE != 0 || size < guest.heap) PROTOCOL_ERROR("GROW to a size that is not possible");
  uint64_t wanted = size > UINT64_MAX - layout.fixed ? UINT64_MAX : layout.fixed + size;
  if (size > layout.heap_reserve || wanted > guest.memory ||
      sys_protect(layout.heap + guest.heap, size - guest.heap, PROTECT_READ_WRITE) < 0) {
    end_guest(ZYGOTE_REPORT_MEMORY, 0, wanted, 0, 0, NULL, 0);
  }
  guest.heap = size;
  return (struct colony_reply){COLONY_STATUS_OK, 0};
}

struct colony_reply colony_hypercall(uint64_t op, const void *in, size_t in_len, void *out, size_t out_cap) {
  switch (op) {
    case COLONY_OP_FETCH: return fetch(out, out_cap);
    case COLONY_OP_GROW: return grow((uint64_t)in);
    case COLONY_OP_ABORT: end_guest(ZYGOTE_REPORT_TRAP, (uint32_t)(uint64_t)out, 0, 0, 0, in, in_len);
    case COLONY_OP_NEXT: drop_waiting(); return next(in, in_len, out, out_cap);
    case COLONY_OP_CALL:
      drop_waiting();
      if (in_len == 0) PROTOCOL_ERROR("an empty request");
      send(ZYGOTE_TYPE_HYPERCALL, in, in_len);
      return receive_frame(out, out_cap);
    default: PROTOCOL_ERROR("a hypercall of no known operation");
  }
}

// Avoids `wrfsbase`: a kernel that does not know of it lets it run, and undoes it at the next switch to the process.
void colony_set_thread_pointer(void *thread) {
  enum { SET_FS = 0x1002 };
  call2(SYS_ARCH_PRCTL, SET_FS, (long)thread);
}
