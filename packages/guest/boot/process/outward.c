// Passes a child's frames on to the host.
#include "zygote.h"

#include "sys.h"

enum { DO_NOT_WAIT = 0x40 };

// The result for the host begins with the resources that the request used; the piece has room for that head.
static void send_last(struct zygote *zygote, struct child *child, struct piece piece) {
  uint8_t *at = (uint8_t *)piece.start;
  if (piece.type == ZYGOTE_TYPE_HYPERCALL) {
    send_to_host((struct host_head){(uint32_t)piece.length, child->call, piece.type}, at);
    return;
  }
  at -= ZYGOTE_SIZE_RESULT_HEAD;
  put_u64(at, cpu_of(child->pid) - child->cpu_start);
  size_t length = ZYGOTE_SIZE_RESULT_HEAD + piece.length;
  child->look_at = UINT64_MAX;
  zygote->spares_fail = false;
  if (!child->keep) child->silent = true;
  send_to_host((struct host_head){(uint32_t)length, child->call, piece.type}, at);
  // Its state must not serve another call, and the zygote does not trust it to end by itself.
  if (!child->keep) kill_child(child, ZYGOTE_END_ITSELF);
}

void booted(struct child *child) {
  const uint64_t facts[] = {cpu_of(child->pid), layout.fixed + colony_heap_initial,
                            layout.stack,       layout.stack_top,
                            layout.heap,        layout.heap_reserve};
  uint8_t frame[ZYGOTE_SIZE_HEADER + sizeof facts];
  uint8_t *payload = frame + ZYGOTE_SIZE_HEADER;
  for (size_t i = 0; i < sizeof facts / 8; i++) put_u64(payload + 8 * i, facts[i]);
  uint32_t call = child->call;
  child->call = UNASSIGNED;
  child->boot = false;
  child->look_at = UINT64_MAX;
  send_to_host((struct host_head){sizeof facts, call, ZYGOTE_TYPE_RESULT}, payload);
}

static void ready(struct child *child) {
  if (child->call == UNASSIGNED) {
    child->look_at = UINT64_MAX;
    return;
  }
  if (!child->boot) {
    child->talk.state = CHILD_RUNNING;
    return;
  }
  booted(child);
}

bool hear_child(struct zygote *zygote, struct child *child) {
  uint8_t *start = zygote->out + OUT_HEADROOM;
  long got = system_call(SYS_RECVFROM, child->socket, (long)start, ZYGOTE_SIZE_PIECE, DO_NOT_WAIT, 0, 0);
  if (got == -E_AGAIN || got == -E_INTR) return true;
  if (got <= 0) return false;
  const uint8_t *at = start, *end = start + got;
  struct piece piece;
  for (enum relay next; (next = relay_next(&child->talk, &at, end, &piece)) != RELAY_MORE;) {
    switch (next) {
      case RELAY_READY: ready(child); break;
      case RELAY_PIECE:
        send_to_host((struct host_head){(uint32_t)piece.length, child->call, piece.type}, (uint8_t *)piece.start);
        break;
      case RELAY_LAST: send_last(zygote, child, piece); break;
      case RELAY_TOO_LONG: kill_child(child, ZYGOTE_END_OUTPUT); break;
      case RELAY_BAD: kill_child(child, ZYGOTE_END_PROTOCOL); break;
      default: break;  // reported: it ends by itself, or the host ends it after a grace period
    }
  }
  return true;
}
