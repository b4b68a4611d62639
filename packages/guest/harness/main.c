// Runs a virtine image in this process, without KVM, for tests: conformance of the guest's half, fuzzing, and
// counting the pages that a call writes. It is not a boundary: the guest shares this process.
//
//   harness IMAGE [HEAP_LIMIT_BYTES]
//
// Messages on stdin and stdout are a byte, a 32-bit length (little endian) and that many bytes.
//   in   K frame: run it, keep the state      F frame: roll back to the snapshot, then run it
//        S: take the snapshot                 R frame: reply to the hypercall
//   out  R frame: result    C frame: hypercall    A code(4 bytes) message: abort    X text: fault or refusal
//        I text: JSON, after a result and for S: the costs of the run
#define _GNU_SOURCE
#include "guest.h"
#include "journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_HEAP_LIMIT (512u << 20)
#define MAX_ABORT_MESSAGE 4096u

struct message {
  char kind;
  uint32_t length;
  char *data;
};

static struct guest guest;
static struct message waiting;  // frame for FETCH
static uint64_t growths;

static void write_all(const void *data, size_t length) {
  for (const char *at = data; length > 0;) {
    ssize_t written = write(STDOUT_FILENO, at, length);
    if (written <= 0) exit(3);
    at += written;
    length -= (size_t)written;
  }
}

static void send(char kind, const void *data, size_t length) {
  uint32_t size = (uint32_t)length;
  write_all(&kind, 1);
  write_all(&size, sizeof size);
  write_all(data, length);
}

static void send_text(char kind, const char *text) { send(kind, text, strlen(text)); }

static bool read_all(void *data, size_t length) {
  for (char *at = data; length > 0;) {
    ssize_t got = read(STDIN_FILENO, at, length);
    if (got <= 0) return false;
    at += got;
    length -= (size_t)got;
  }
  return true;
}

static bool receive(struct message *message) {
  if (!read_all(&message->kind, 1) || !read_all(&message->length, sizeof message->length)) return false;
  message->data = malloc(message->length + 1u);
  return read_all(message->data, message->length);
}

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

// --- hypercalls ---------------------------------------------------------------------------------------------------

static uint64_t reg(int name) { return (uint64_t)guest.registers[name]; }

// Copies a frame to the place that the guest passed, or keeps it for FETCH.
static void deliver(struct message frame) {
  if (frame.length > reg(REG_RCX)) {
    free(waiting.data);
    waiting = frame;
    guest_answer(&guest, COLONY_STATUS_TOO_SMALL, frame.length);
    return;
  }
  memcpy((void *)reg(REG_RDX), frame.data, frame.length);
  free(frame.data);
  guest_answer(&guest, COLONY_STATUS_OK, frame.length);
}

static bool pointers_allowed(void) {
  bool in = reg(REG_RSI) == 0 || guest_allows(&guest, reg(REG_RDI), reg(REG_RSI), PROT_READ);
  bool out = reg(REG_RCX) == 0 || guest_allows(&guest, reg(REG_RDX), reg(REG_RCX), PROT_READ | PROT_WRITE);
  return in && out;
}

// Executes one hypercall. Returns false if the run ends with it.
static bool hypercall(void) {
  switch (reg(REG_RAX)) {
    case COLONY_OP_GROW:
      if (reg(REG_RDI) > guest.heap_limit || reg(REG_RDI) < guest.heap->size || reg(REG_RDI) % 4096 != 0) {
        send_text('X', "memory limit");
        return false;
      }
      growths++;
      guest_resize_heap(&guest, reg(REG_RDI));
      guest_answer(&guest, COLONY_STATUS_OK, 0);
      return true;
    case COLONY_OP_ABORT: {
      char report[4 + MAX_ABORT_MESSAGE];
      uint32_t code = (uint32_t)reg(REG_RDX);
      uint64_t length = reg(REG_RSI) < MAX_ABORT_MESSAGE ? reg(REG_RSI) : MAX_ABORT_MESSAGE;
      if (!guest_allows(&guest, reg(REG_RDI), length, PROT_READ)) length = 0;
      memcpy(report, &code, 4);
      memcpy(report + 4, (void *)reg(REG_RDI), length);
      send('A', report, 4 + length);
      return false;
    }
    default: break;
  }
  if (!pointers_allowed()) {
    send_text('X', "a pointer outside the guest");
    return false;
  }
  if (reg(REG_RAX) == COLONY_OP_CALL) {
    send('C', (void *)reg(REG_RDI), reg(REG_RSI));
    struct message reply;
    if (!receive(&reply) || reply.kind != 'R') exit(3);
    deliver(reply);
    return true;
  }
  if (reg(REG_RAX) == COLONY_OP_FETCH && waiting.data != NULL && waiting.length <= reg(REG_RCX)) {
    struct message frame = waiting;
    waiting.data = NULL;
    deliver(frame);
    return true;
  }
  send_text('X', "a hypercall that makes no sense");
  return false;
}

// Runs until the guest asks for its next frame. Returns false if the run ended otherwise, which it reports.
static bool run_to_next(void) {
  for (;;) {
    struct fault fault;
    if (guest_run(&guest, &fault) == GUEST_FAULT) {
      char text[128];
      snprintf(text, sizeof text, "fault: signal %d at 0x%lx, rip 0x%lx", fault.signal, fault.address, fault.rip);
      send_text('X', text);
      return false;
    }
    if (reg(REG_RAX) == COLONY_OP_NEXT && pointers_allowed()) return true;
    if (!hypercall()) return false;
  }
}

// --- commands -----------------------------------------------------------------------------------------------------

static void send_info(uint64_t nanoseconds, bool list) {
  size_t count = journal_active() ? journal_pages() : 0;
  char *text = malloc(256 + count * 20);
  int end = sprintf(text, "{\"ns\":%lu,\"dirtyPages\":%zu,\"heap\":%zu,\"growths\":%lu", nanoseconds, count,
                    guest.heap->size, growths);
  if (list) {
    end += sprintf(text + end, ",\"pages\":[");
    for (size_t i = 0; i < count; i++) {
      end += sprintf(text + end, "%s\"%lx\"", i == 0 ? "" : ",", journal_page(i));
    }
    end += sprintf(text + end, "]");
  }
  sprintf(text + end, "}");
  send_text('I', text);
  free(text);
}

static bool run_frame(struct message frame) {
  deliver(frame);
  uint64_t start = now();
  if (!run_to_next()) return false;
  uint64_t spent = now() - start;
  send('R', (void *)reg(REG_RDI), reg(REG_RSI));
  send_info(spent, true);
  return true;
}

// After a run that failed, only a rollback makes the guest usable again.
static bool command(struct message message, bool usable) {
  switch (message.kind) {
    case 'S':
      journal_begin(&guest);
      send_info(0, false);
      return usable;
    case 'F': journal_rollback(&guest); return run_frame(message);
    case 'K':
      if (usable) return run_frame(message);
      send_text('X', "the guest has ended");
      return false;
    default: exit(3);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: harness IMAGE [HEAP_LIMIT_BYTES]\n");
    return 2;
  }
  guest_load(&guest, argv[1], argc > 2 ? strtoull(argv[2], NULL, 10) : DEFAULT_HEAP_LIMIT);
  guest_install(&guest);
  bool usable = run_to_next();
  struct message message;
  while (receive(&message)) usable = command(message, usable);
  return 0;
}
