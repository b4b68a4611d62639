// A fork, up to the guest's first instruction: it gives up everything that the guest must not have.
#include "process.h"
#include "sys.h"

enum { SET_PARENT_DEATH_SIGNAL = 1, SET_SECCOMP = 22, MODE_FILTER = 2, SIGKILL_ = 9, LIMIT_DATA = 2 };
enum { CANNOT_LOCK = 98 };

struct layout layout;
struct filter child_filter;

// Limits data pages to the memory limit, so that mprotect cannot give the guest more of its own.
static bool limit_memory(uint64_t memory) {
  uint64_t read_only = (uint64_t)(colony_data_start - colony_image_start);
  uint64_t data = memory - read_only + FAULT_STACK;
  uint64_t both[2] = {data, data};
  return call4(SYS_PRLIMIT64, 0, LIMIT_DATA, (long)both, 0) == 0;
}

static bool put_on_filter(void) {
  struct {
    uint16_t length;
    const uint64_t *instructions;
  } program = {child_filter.length, child_filter.instructions};
  return call3(SYS_PRCTL, SET_SECCOMP, MODE_FILTER, (long)&program) == 0;
}

_Noreturn void child_main(int channel, uint64_t memory) {
  begin_stub(memory);
  // Descriptors below the channel are the jail's, never a socket of the zygote's. Those above belong to other children.
  if (call2(SYS_DUP2, channel, CHANNEL) != CHANNEL || call3(SYS_CLOSE_RANGE, 0, CHANNEL - 1, 0) != 0 ||
      call3(SYS_CLOSE_RANGE, CHANNEL + 1, ~0u, 0) != 0 || call2(SYS_PRCTL, SET_PARENT_DEATH_SIGNAL, SIGKILL_) != 0) {
    sys_exit(CANNOT_LOCK);
  }
  if (layout.fixed + colony_heap_initial > memory) {
    end_guest(ZYGOTE_REPORT_MEMORY, 0, layout.fixed + colony_heap_initial, 0, 0, NULL, 0);
  }
  if (!limit_memory(memory) || !put_on_filter()) sys_exit(CANNOT_LOCK);
  enter_guest(layout.heap, colony_heap_initial, layout.heap_reserve, layout.stack_top);
}
