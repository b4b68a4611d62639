// Rewrites the site of a system call, so that the next one takes nanoseconds instead of a trap.
//
// Most sites of C libraries are seven bytes, `mov $n, %eax; syscall`. The first five become a jump of five bytes to a
// thunk, which sets eax and rcx and enters the library OS. The last two bytes stay `syscall`. So a jump to the second
// instruction, and a thread that stood before it, still make the system call. A jump writes no stack, so the red zone
// stays. That the site trapped proves that its last two bytes are an instruction.
#include "memory/memory.h"
#include "serve.h"

#include <linux/mman.h>

enum { MOV = 5, SITE = 7, THUNK = 32, THUNKS_AT_ONCE = 16 * PAGE };

void linux_system_call_thunk(void);

static struct {
  uint64_t next, end;
} thunks;

struct __attribute__((packed)) thunk {
  uint8_t mov;  // mov $number, %eax
  uint32_t number;
  uint8_t lea[3];  // lea after(%rip), %rcx
  int32_t after;
  uint8_t jump[6];  // jmp *entry(%rip)
  uint64_t entry;
};
_Static_assert(sizeof(struct thunk) <= THUNK, "a thunk has room for its code");

// Jumps and lea reach 2 GiB.
static bool reaches(uint64_t from, uint64_t to) {
  int64_t distance = (int64_t)(to - from);
  return distance == (int32_t)distance;
}

static uint64_t new_thunk(void) {
  if (thunks.next == thunks.end) {
    int64_t at = memory_take(&(struct memory_request){
        .length = THUNKS_AT_ONCE, .protection = PROT_READ | PROT_EXEC, .kernel = true, .name = "[vsyscall thunks]"});
    if (at < 0) return 0;
    thunks.next = (uint64_t)at;
    thunks.end = thunks.next + THUNKS_AT_ONCE;
  }
  uint64_t at = thunks.next;
  thunks.next += THUNK;
  return at;
}

static void write_thunk(uint64_t at, uint32_t number, uint64_t after) {
  *(struct thunk *)(uintptr_t)at = (struct thunk){
      .mov = 0xb8,
      .number = number,
      .lea = {0x48, 0x8d, 0x0d},
      .after = (int32_t)(after - (at + offsetof(struct thunk, jump))),
      .jump = {0xff, 0x25},
      .entry = (uint64_t)(uintptr_t)linux_system_call_thunk,
  };
}

static void write_jump(uint8_t *site, uint64_t thunk) {
  int32_t distance = (int32_t)(thunk - ((uint64_t)(uintptr_t)site + MOV));
  site[0] = 0xe9;
  memcpy(site + 1, &distance, sizeof distance);
}

// True if `mov $number, %eax` ends where the system call begins. A prefix would make it another instruction, of which
// those bytes are the end (41 b8 is a mov to r8d). If the byte before only looks like one, the site stays as it is.
static bool is_mov(const uint8_t *site, uint64_t number) {
  uint32_t immediate;
  memcpy(&immediate, site + 1, sizeof immediate);
  return site[0] == 0xb8 && immediate == number && (site[-1] & 0xf0) != 0x40;
}

void rewrite_site(const struct registers *registers) {
  uint64_t after = registers->rip, start = after - SITE;
  if (!user_range(start - 1, SITE + 1)) return;
  uint8_t *site = (uint8_t *)(uintptr_t)start;
  if (!is_mov(site, registers->number)) return;
  uint64_t thunk = new_thunk();
  if (thunk == 0 || !reaches(start + MOV, thunk) || !reaches(thunk + THUNK, after)) return;
  write_thunk(thunk, (uint32_t)registers->number, after);
  write_jump(site, thunk);
}
