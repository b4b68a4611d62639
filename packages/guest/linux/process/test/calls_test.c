// Answers of single calls: randomness, clocks, signals, limits, identity.
#define _GNU_SOURCE
#include <errno.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>

#include "../identity.h"
#include "../limits.h"
#include "../random.h"
#include "../signals.h"
#include "../../serve.h"
#include "../../threads/threads.h"
#include "check.h"
#include "host.h"

#define CALL(name, ...) sys_##name((const uint64_t[6]){__VA_ARGS__})

// A page of the program's memory, for all that calls read and write.
static uint8_t *page;
static uint64_t at(size_t offset) { return (uint64_t)page + offset; }
static const uint64_t BAD = 0x1000;

static const struct host_facts seeded = {.seed = {1, 2, 3}, .seeded = true};

static void begin(void) {
  arena_begin(1 << 20, ARENA);
  page = (uint8_t *)CALL(mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS);
  clock_begin(2000000);
  clock_start(&seeded);
  random_start(&seeded);
  signals_begin();
  threads_begin();
  limits_begin(8 << 20);
  identity_begin("/usr/bin/program");
}

// RFC 8439, 2.3.2.
static void chacha20(void) {
  uint8_t key[32], block[64];
  uint32_t state[16];
  const uint8_t nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a, 0, 0, 0, 0};
  const uint8_t expected[64] = {0x10, 0xf1, 0xe7, 0xe4, 0xd1, 0x3b, 0x59, 0x15, 0x50, 0x0f, 0xdd, 0x1f, 0xa3,
                                0x20, 0x71, 0xc4, 0xc7, 0xd1, 0xf4, 0xc7, 0x33, 0xc0, 0x68, 0x03, 0x04, 0x22,
                                0xaa, 0x9a, 0xc3, 0xd4, 0x6c, 0x4e, 0xd2, 0x82, 0x64, 0x46, 0x07, 0x9f, 0xaa,
                                0x09, 0x14, 0xc2, 0xd7, 0x05, 0xd9, 0x8b, 0x02, 0xa2, 0xb5, 0x12, 0x9c, 0xd1,
                                0xde, 0x16, 0x4e, 0xb9, 0xcb, 0xd0, 0x83, 0xe8, 0xa2, 0x50, 0x3c, 0x4e};
  for (int i = 0; i < 32; i++) key[i] = (uint8_t)i;
  chacha20_begin(state, key, 1, nonce);
  chacha20_block(state, block);
  CHECK(memcmp(block, expected, sizeof block) == 0);
}

static void randomness(void) {
  uint8_t once[1000], parts[1000], again[1000];
  random_start(&seeded);
  random_fill(once, sizeof once);
  random_fill(parts, sizeof parts);
  CHECK(memcmp(once, parts, sizeof once) != 0);
  // The same seed does not give the same bytes twice.
  random_start(&seeded);
  random_fill(again, sizeof again);
  CHECK(memcmp(once, again, sizeof once) != 0);
  const struct host_facts none = {0};
  random_start(&none);
  random_fill(again, sizeof again);
  CHECK(memcmp(once, again, sizeof once) != 0);
  CHECK(CALL(getrandom, at(0), 300, 0) == 300 && CALL(getrandom, at(0), 0, GRND_NONBLOCK) == 0);
  CHECK(CALL(getrandom, at(0), 1, 8) == -EINVAL && CALL(getrandom, at(0), 1, GRND_RANDOM | 4) == -EINVAL);
  CHECK(CALL(getrandom, BAD, 1, 0) == -EFAULT && CALL(getrandom, at(0), UINT64_MAX, 0) == -EFAULT);
}

static int64_t read_clock(uint64_t id) {
  struct timespec *time = (struct timespec *)page;
  CHECK(CALL(clock_gettime, id, at(0)) == 0 && time->tv_nsec >= 0 && time->tv_nsec < 1000000000);
  return time->tv_sec * 1000000000 + time->tv_nsec;
}

static void runs_forward(uint64_t clock) {
  int64_t last = 0;
  for (int i = 0; i < 1000; i++) {
    int64_t now = read_clock(clock);
    CHECK(now >= last);
    last = now;
  }
}

static void clocks_do_not_go_back(void) {
  const uint64_t clocks[] = {CLOCK_REALTIME,      CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID,
                             CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME,  CLOCK_REALTIME_COARSE,    CLOCK_TAI};
  for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) runs_forward(clocks[i]);
  CHECK(CALL(clock_gettime, 99, at(0)) == -EINVAL && CALL(clock_gettime, 1, BAD) == -EFAULT);
  CHECK(CALL(clock_getres, 1, at(0)) == 0 && CALL(clock_getres, 1, 0) == 0 && CALL(clock_getres, 99, 0) == -EINVAL);
}

static void time_of_day(void) {
  struct host_facts facts = {.clock = true, .now = 1700000000123};
  clock_start(&facts);
  CHECK(read_clock(CLOCK_REALTIME) >= 1700000000123000000 && CALL(time, at(0)) == 1700000000);
  struct timeval *value = (struct timeval *)page;
  CHECK(CALL(gettimeofday, at(0), at(64)) == 0 && value->tv_sec == 1700000000 && value->tv_usec >= 123000);
  CHECK(CALL(gettimeofday, BAD, 0) == -EFAULT && CALL(gettimeofday, 0, BAD) == -EFAULT && CALL(time, BAD) == -EFAULT);
  facts.clock_fixed = true;
  clock_start(&facts);
  CHECK(read_clock(CLOCK_REALTIME) == 1700000000123000000 && read_clock(CLOCK_MONOTONIC) > 0);
  facts.clock = false;
  clock_start(&facts);
  int64_t begin = read_clock(CLOCK_REALTIME);
  CHECK(begin >= 0 && begin < 1000000000 && read_clock(CLOCK_REALTIME) > begin);
  facts = (struct host_facts){.clock = true, .now = -5};
  clock_start(&facts);
  CHECK(read_clock(CLOCK_REALTIME) >= 0);
}

// A program that goes on in a later call, maybe on another machine.
static void clocks_go_on(void) {
  const uint64_t hour = 3600ull * 1000000000, khz[] = {1000000, 2100000, 2999999};
  for (size_t i = 0; i < sizeof khz / sizeof khz[0]; i++) {
    clock_resume(khz[i], hour);
    uint64_t now = clock_monotonic();
    CHECK(now >= hour && now < hour + 1000000000);
    CHECK(read_clock(CLOCK_PROCESS_CPUTIME_ID) < 1000000000);
  }
  host_asked = 0;
  host_late_facts = (struct host_facts){.clock = true, .now = 1800000000123, .seeded = true};
  CHECK(read_clock(CLOCK_MONOTONIC) > 0 && host_asked == 0);
  CHECK(read_clock(CLOCK_REALTIME) >= 1800000000123000000 && host_asked == 1);
  CHECK(read_clock(CLOCK_REALTIME) < 1800000001123000000 && host_asked == 1);
  host_asked = 0;
  uint8_t once[32], again[32];
  random_fill(once, sizeof once);
  CHECK(host_asked == 1);
  random_fill(again, sizeof again);
  CHECK(host_asked == 1 && memcmp(once, again, sizeof once) != 0);
  host_late_facts.clock = false;
}

static void a_new_number(void) {
  int64_t before = CALL(getpid, 0);
  CHECK(before > 0 && CALL(tgkill, (uint64_t)before, 99, 0) == -ESRCH);
  identity_renew();
  int64_t after = CALL(getpid, 0);
  CHECK(after != before && CALL(getpgid, (uint64_t)after) == after && CALL(getsid, 0) == after);
}

static void set_time(int64_t seconds, int64_t nanoseconds) {
  *(struct timespec *)page = (struct timespec){seconds, nanoseconds};
}

static void sleeping(void) {
  uint64_t start = clock_monotonic();
  set_time(0, 3000000);
  CHECK(CALL(nanosleep, at(0), 0) == 0 && clock_monotonic() - start >= 3000000 && host_idles > 0);
  CHECK(CALL(clock_nanosleep, CLOCK_MONOTONIC, 0, at(0), 0) == 0 && clock_monotonic() - start >= 6000000);
  // A moment that has passed.
  CHECK(CALL(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, at(0), 0) == 0);
  CHECK(CALL(clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, at(0), 0) == -EINVAL);
  set_time(0, 1000000000);
  CHECK(CALL(nanosleep, at(0), 0) == -EINVAL && CALL(nanosleep, BAD, 0) == -EFAULT);
  set_time(-1, 0);
  CHECK(CALL(nanosleep, at(0), 0) == -EINVAL);
}

static void futexes(void) {
  uint32_t *word = (uint32_t *)(page + 64);
  *word = 5;
  CHECK(CALL(futex, at(64), FUTEX_WAIT_PRIVATE, 4, 0) == -EAGAIN && CALL(futex, at(64), FUTEX_WAKE, 1) == 0);
  CHECK(CALL(futex, at(65), FUTEX_WAKE, 1) == -EINVAL && CALL(futex, BAD, FUTEX_WAKE, 1) == -EFAULT);
  CHECK(CALL(futex, at(64), 99) == -ENOSYS && CALL(futex, at(64), FUTEX_WAIT, 5, BAD) == -EFAULT);
  CHECK(CALL(futex, at(64), FUTEX_WAIT_BITSET, 5, 0, 0, 0) == -EINVAL);
  set_time(0, 2000000);
  uint64_t start = clock_monotonic();
  CHECK(CALL(futex, at(64), FUTEX_WAIT, 5, at(0)) == -ETIMEDOUT && clock_monotonic() - start >= 2000000);
  CHECK(CALL(futex, at(64), FUTEX_WAIT_BITSET, 5, at(0), 0, UINT32_MAX) == -ETIMEDOUT);
  CHECK(ENDS(CALL(futex, at(64), FUTEX_WAIT, 5, 0)) && host_ending.signal == SIGKILL);
  CHECK(strstr(host_ending.message, "every thread waits") != NULL);
}

static void actions(void) {
  uint64_t *action = (uint64_t *)page, *old = (uint64_t *)(page + 64);
  memcpy(action, (const uint64_t[4]){1, 2, 3, 4}, 32);
  CHECK(CALL(rt_sigaction, SIGTERM, at(0), 0, 8) == 0 && CALL(rt_sigaction, SIGTERM, 0, at(64), 8) == 0);
  CHECK(memcmp(action, old, 32) == 0);
  CHECK(CALL(rt_sigaction, SIGKILL, at(0), 0, 8) == -EINVAL && CALL(rt_sigaction, SIGKILL, 0, at(64), 8) == 0);
  CHECK(CALL(rt_sigaction, 0, 0, 0, 8) == -EINVAL && CALL(rt_sigaction, 65, 0, 0, 8) == -EINVAL);
  CHECK(CALL(rt_sigaction, 1, 0, 0, 4) == -EINVAL && CALL(rt_sigaction, 1, BAD, 0, 8) == -EFAULT);
  CHECK(CALL(rt_sigaction, 1, 0, BAD, 8) == -EFAULT);
  // It is ignored now.
  CHECK(!ENDS(CALL(kill, 1, SIGTERM)) && !ENDS(CALL(kill, 1, SIGCHLD)) && !ENDS(CALL(kill, 1, 0)));
}

static void signals_end_programs(void) {
  signals_begin();
  CHECK(ENDS(CALL(tgkill, 1, 1, SIGABRT)) && host_ending.signal == SIGABRT);
  CHECK(ENDS(CALL(kill, 0, SIGTERM)) && host_ending.signal == SIGTERM && ENDS(CALL(tkill, 1, 64)));
  CHECK(CALL(kill, 7, SIGTERM) == -ESRCH && CALL(kill, -1UL, SIGTERM) == -ESRCH && CALL(kill, 1, 65) == -EINVAL &&
        CALL(tkill, 0, 1) == -EINVAL);
  CHECK(CALL(tgkill, 1, 2, 1) == -ESRCH && CALL(tgkill, 2, 1, 1) == -ESRCH && CALL(tgkill, 0, 1, 1) == -EINVAL);
  CHECK(ENDS(CALL(exit_group, 0x105)) && host_ending.status == 5 && host_ending.signal == 0);
}

static void masks(void) {
  uint64_t *set = (uint64_t *)page, *old = (uint64_t *)(page + 64);
  signals_begin();
  *set = UINT64_MAX;
  CHECK(CALL(rt_sigprocmask, SIG_SETMASK, at(0), 0, 8) == 0 && CALL(rt_sigprocmask, 99, 0, at(64), 8) == 0);
  CHECK((*old & (1UL << (SIGKILL - 1))) == 0 && (*old & (1UL << (SIGTERM - 1))) != 0);
  CHECK(!ENDS(CALL(kill, 1, SIGTERM)) && CALL(rt_sigpending, at(64), 8) == 0 && *old == 1UL << (SIGTERM - 1));
  CHECK(CALL(rt_sigprocmask, 3, at(0), 0, 8) == -EINVAL && CALL(rt_sigprocmask, 0, BAD, 0, 8) == -EFAULT);
  const struct context context = serve_context();
  CHECK(CALL(rt_sigprocmask, SIG_UNBLOCK, at(0), 0, 8) == 0);
  CHECK(ENDS((signals_deliver(&context, false), 0)) && host_ending.signal == SIGTERM);
  *set = UINT64_MAX;
  CHECK(CALL(rt_sigprocmask, SIG_BLOCK, at(0), 0, 8) == 0);
  CHECK(ENDS(CALL(kill, 1, SIGKILL)) && host_ending.signal == SIGKILL);
}

static void alternate_stack(void) {
  stack_t *stack = (stack_t *)page, *old = (stack_t *)(page + 64);
  signals_begin();
  CHECK(CALL(sigaltstack, 0, at(64)) == 0 && old->ss_flags == SS_DISABLE);
  *stack = (stack_t){.ss_sp = page, .ss_size = 4096};
  CHECK(CALL(sigaltstack, at(0), 0) == 0 && CALL(sigaltstack, 0, at(64)) == 0 && old->ss_sp == page);
  stack->ss_size = 100;
  CHECK(CALL(sigaltstack, at(0), 0) == -ENOMEM && CALL(sigaltstack, BAD, 0) == -EFAULT);
  stack->ss_flags = 77;
  CHECK(CALL(sigaltstack, at(0), 0) == -EINVAL);
}

static void limits(void) {
  struct rlimit *limit = (struct rlimit *)page, *old = (struct rlimit *)(page + 64);
  CHECK(CALL(getrlimit, RLIMIT_STACK, at(0)) == 0 && limit->rlim_cur == 8 << 20);
  limit->rlim_cur = 1 << 20;
  CHECK(CALL(prlimit64, 0, RLIMIT_STACK, at(0), at(64)) == 0 && old->rlim_cur == 8 << 20);
  CHECK(CALL(prlimit64, 1, RLIMIT_STACK, 0, at(64)) == 0 && old->rlim_cur == 1 << 20);
  limit->rlim_max = 9 << 20;
  CHECK(CALL(setrlimit, RLIMIT_STACK, at(0)) == -EPERM);
  limit->rlim_cur = 10 << 20;
  CHECK(CALL(setrlimit, RLIMIT_STACK, at(0)) == -EINVAL && CALL(setrlimit, 16, at(0)) == -EINVAL);
  CHECK(CALL(getrlimit, RLIMIT_STACK, BAD) == -EFAULT && CALL(prlimit64, 9, RLIMIT_STACK, 0, 0) == -ESRCH);
  CHECK(CALL(getrusage, RUSAGE_SELF, at(0)) == 0 && CALL(getrusage, 5, at(0)) == -EINVAL);
  struct sysinfo *info = (struct sysinfo *)page;
  CHECK(CALL(sysinfo, at(0)) == 0 && info->totalram == ARENA && info->freeram < ARENA && info->mem_unit == 1);
  CHECK(CALL(sysinfo, BAD) == -EFAULT && CALL(times, 0) >= 0 && CALL(times, BAD) == -EFAULT);
}

static void identity(void) {
  struct utsname *names = (struct utsname *)page;
  CHECK(CALL(uname, at(0)) == 0 && strcmp(names->sysname, "Linux") == 0 && strcmp(names->machine, "x86_64") == 0);
  CHECK(strcmp(names->nodename, "virtine") == 0 && CALL(uname, BAD) == -EFAULT);
  CHECK(CALL(getpid) == 1 && CALL(gettid) == 1 && CALL(getppid) == 0 && CALL(getuid) == 0 &&
        CALL(getgroups, 0, 0) == 0);
  CHECK(CALL(getpgid, 0) == 1 && CALL(getpgid, 5) == -ESRCH && CALL(setuid, 1) == -EPERM && CALL(setuid, 0) == 0);
  CHECK(CALL(getresuid, at(0), at(8), at(16)) == 0 && CALL(getresgid, at(0), BAD, at(16)) == -EFAULT);
  CHECK(CALL(prctl, PR_GET_NAME, at(0)) == 0 && strcmp((char *)page, "program") == 0);
  memcpy(page, "a name that is too long", 24);
  CHECK(CALL(prctl, PR_SET_NAME, at(0)) == 0 && CALL(prctl, PR_GET_NAME, at(64)) == 0);
  CHECK(strcmp((char *)page + 64, "a name that is ") == 0 && CALL(prctl, PR_SET_NAME, BAD) == -EFAULT);
  CHECK(CALL(prctl, 9999) == -EINVAL && CALL(personality, UINT32_MAX) == 0 && CALL(personality, 8) == -EINVAL);
}

static void capabilities(void) {
  struct __user_cap_header_struct *header = (struct __user_cap_header_struct *)page;
  *header = (struct __user_cap_header_struct){.version = 0};
  CHECK(CALL(capget, at(0), 0) == 0 && header->version == _LINUX_CAPABILITY_VERSION_3);
  memset(page + 64, 7, 24);
  CHECK(CALL(capget, at(0), at(64)) == 0 && page[64] == 0 && page[87] == 0 && CALL(capget, at(0), BAD) == -EFAULT);
  header->pid = 5;
  CHECK(CALL(capget, at(0), at(64)) == -ESRCH && CALL(capget, BAD, 0) == -EFAULT);
}

static void scheduling(void) {
  CHECK(CALL(sched_yield) == 0 && CALL(sched_getaffinity, 0, 128, at(0)) == 8 && page[0] == 1);
  CHECK(CALL(sched_getaffinity, 0, 4, at(0)) == -EINVAL && CALL(sched_getaffinity, 0, 8, BAD) == -EFAULT);
  CHECK(CALL(sched_setaffinity, 0, 8, at(0)) == 0 && CALL(sched_setaffinity, 9, 8, at(0)) == -ESRCH);
  CHECK(CALL(sched_getparam, 0, at(0)) == 0 && CALL(sched_getscheduler, 0) == 0 && CALL(getpriority, 0, 0) == 20);
  CHECK(CALL(getcpu, at(0), 0) == 0 && CALL(getcpu, BAD, 0) == -EFAULT);
}

static void alarms(void) {
  memset(page, 0, 64);
  CHECK(CALL(alarm, 0) == 0 && CALL(alarm, 1) == -ENOSYS && CALL(getitimer, 0, at(64)) == 0);
  CHECK(CALL(setitimer, 0, at(0), at(64)) == 0 && CALL(setitimer, 3, at(0), 0) == -EINVAL);
  ((struct itimerval *)page)->it_value.tv_usec = 1;
  CHECK(CALL(setitimer, 0, at(0), 0) == -ENOSYS && CALL(setitimer, 0, BAD, 0) == -EFAULT);
}

static void thread_area(void) {
  const uint64_t set_fs = 0x1002, get_fs = 0x1003, set_gs = 0x1001, get_gs = 0x1004;
  CHECK(CALL(arch_prctl, set_fs, 77) == 0 && CALL(arch_prctl, set_gs, 78) == 0);
  CHECK(CALL(arch_prctl, get_fs, at(0)) == 0 && CALL(arch_prctl, get_gs, at(8)) == 0 && page[0] == 77 && page[8] == 78);
  CHECK(CALL(arch_prctl, set_fs, 1UL << 63) == -EPERM && CALL(arch_prctl, 1) == -EINVAL);
  CHECK(CALL(arch_prctl, get_fs, BAD) == -EFAULT && CALL(set_tid_address, 0) == 1);
  CHECK(CALL(set_robust_list, 5, 24) == 0 && CALL(set_robust_list, 5, 23) == -EINVAL);
  CHECK(CALL(get_robust_list, 0, at(0), at(8)) == 0 && page[0] == 5 && page[8] == 24);
}

// No call may crash the library OS, whatever its arguments are.
#define POINTER_TO(name) sys_##name,
static system_call *const calls[] = {PROCESS_CALLS(POINTER_TO)};
static uint64_t odd_argument(void) {
  const uint64_t odd[] = {0,          1,         2,        8, PAGE, BAD, at(0), at(PAGE - 4), BASE + (1 << 20) - 4,
                          UINT64_MAX, INT64_MAX, 1UL << 63};
  return random_below(4) == 0 ? random_number() >> random_below(64) : odd[random_below(sizeof odd / sizeof odd[0])];
}

// A handler starts on the program's stack with every register saved, and rt_sigreturn restores them all.
static void handlers(void) {
  const struct context context = serve_context();
  const struct general before = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  uint64_t top = at(PAGE), *action = (uint64_t *)page;
  signals_begin();
  memcpy(action, (const uint64_t[4]){0x1234, SA_RESTART, 0x5678, 1UL << (SIGUSR2 - 1)}, 32);
  CHECK(CALL(rt_sigaction, SIGUSR1, at(0), 0, 8) == 0 && CALL(kill, 1, SIGUSR1) == 0);
  *context.general = before, *context.rip = 0x1111, *context.flags = 0x202, *context.rsp = top;
  signals_deliver(&context, false);
  uint64_t frame = *context.rsp;
  CHECK(*context.rip == 0x1234 && context.general->rdi == SIGUSR1 && frame % 16 == 8 && frame < top - 128);
  CHECK(*(uint64_t *)frame == 0x5678 && context.general->rdx == frame + 8);
  CHECK(CALL(rt_sigprocmask, 0, 0, at(64), 8) == 0 &&
        *(uint64_t *)(page + 64) == (1UL << (SIGUSR1 - 1) | 1UL << (SIGUSR2 - 1)));
  *context.rsp = frame + 8;
  CHECK(setjmp(host_ended) != 0 || (CALL(rt_sigreturn), false));
  CHECK(memcmp(&host_resumed.general, &before, sizeof before) == 0 && host_resumed.rip == 0x1111 &&
        host_resumed.rsp == top && host_resumed.flags == 0x202);
  CHECK(CALL(rt_sigprocmask, 0, 0, at(64), 8) == 0 && *(uint64_t *)(page + 64) == 0);
}

// Without room on the stack, and for a fault whose signal is blocked, the program ends.
static void handlers_that_cannot_run(void) {
  const struct context context = serve_context();
  const struct cause cause = {.signal = SIGSEGV};
  uint64_t *action = (uint64_t *)page;
  signals_begin();
  CHECK(ENDS(signals_fault(&context, &cause)) && host_ending.signal == SIGSEGV);
  memcpy(action, (const uint64_t[4]){0x1234, 0, 0x5678, 0}, 32);
  CHECK(CALL(rt_sigaction, SIGSEGV, at(0), 0, 8) == 0);
  *context.rsp = 4096;
  CHECK(ENDS(signals_fault(&context, &cause)) && host_ending.signal == SIGSEGV);
  *context.rsp = at(PAGE);
  *action = UINT64_MAX;
  CHECK(!ENDS(signals_fault(&context, &cause)));
  CHECK(ENDS(signals_fault(&context, &cause)) && host_ending.signal == SIGSEGV);
}

static void handle(uint64_t signal, uint64_t flags) {
  memcpy(page, (const uint64_t[4]){0x1234, flags, 0x5678, 0}, 32);
  CHECK(CALL(rt_sigaction, signal, at(0), 0, 8) == 0);
}

static uint64_t mask_now(void) {
  CHECK(CALL(rt_sigprocmask, 0, 0, at(64), 8) == 0);
  return *(uint64_t *)(page + 64);
}

static void block(uint64_t set) {
  *(uint64_t *)page = set;
  CHECK(CALL(rt_sigprocmask, SIG_SETMASK, at(0), 0, 8) == 0);
}

// Ends a system call as the library OS does. Returns whether a handler starts.
static bool delivers(int64_t result, bool restarts) {
  const struct context context = serve_context();
  *context.rip = 0x1111, *context.rsp = at(PAGE), context.general->rax = (uint64_t)result;
  signals_deliver(&context, restarts);
  return *context.rip == 0x1234;
}

static uint64_t handler_mask(void) {
  const struct context context = serve_context();
  return ((const uint64_t *)context.general->rdx)[37];  // uc_sigmask
}

static const uint64_t ONE = 1UL << (SIGUSR1 - 1), TWO = 1UL << (SIGUSR2 - 1);

// A wait's own mask holds until the call ends, and the handler's frame has the mask from before.
static void masks_of_waits(void) {
  signals_begin();
  handle(SIGUSR1, 0);
  block(ONE);
  CHECK(CALL(kill, 1, SIGUSR1) == 0);
  *(uint64_t *)page = 0;
  CHECK(CALL(rt_sigsuspend, at(0), 8) == -EINTR && mask_now() == 0);
  CHECK(delivers(-EINTR, false) && handler_mask() == ONE && mask_now() == ONE);
  // A call that did not need to wait leaves the signal to the mask from before.
  CHECK(CALL(kill, 1, SIGUSR1) == 0);
  *(uint64_t *)page = 0;
  CHECK(process_wait_with(at(0), 8) == 0 && process_is_interrupted());
  CHECK(!delivers(1, false) && mask_now() == ONE && !process_is_interrupted());
  CHECK(process_wait_with(at(0), 4) == -EINVAL && process_wait_with(BAD, 8) == -EFAULT && process_wait_with(0, 9) == 0);
  CHECK(CALL(rt_sigsuspend, 0, 4) == -EINVAL && CALL(rt_sigsuspend, 0, 8) == -EFAULT);
}

static void waits_for_signals(void) {
  int32_t *info = (int32_t *)(page + 128);
  signals_begin();
  block(ONE | TWO);
  CHECK(CALL(kill, 1, SIGUSR2) == 0 && CALL(tkill, 1, SIGUSR1) == 0);
  *(uint64_t *)page = TWO;
  CHECK(CALL(rt_sigtimedwait, at(0), at(128), 0, 8) == SIGUSR2 && info[0] == SIGUSR2 && info[4] == 1);
  *(struct timespec *)(page + 256) = (struct timespec){0, 1000000};
  CHECK(CALL(rt_sigtimedwait, at(0), 0, at(256), 8) == -EAGAIN);
  *(uint64_t *)page = ONE | TWO;
  CHECK(CALL(rt_sigtimedwait, at(0), 0, at(256), 8) == SIGUSR1);
  CHECK(CALL(rt_sigtimedwait, at(0), 0, 0, 4) == -EINVAL && CALL(rt_sigtimedwait, BAD, 0, 0, 8) == -EFAULT);
  CHECK(CALL(rt_sigtimedwait, at(0), 0, BAD, 8) == -EFAULT);
  ((struct timespec *)(page + 256))->tv_nsec = -1;
  CHECK(CALL(rt_sigtimedwait, at(0), 0, at(256), 8) == -EINVAL);
}

// Another signal ends the wait and stays for its handler.
static void other_signals_end_waits(void) {
  signals_begin();
  handle(SIGUSR1, SA_RESTART);
  signals.thread.pending = ONE;
  *(uint64_t *)page = TWO;
  CHECK(CALL(rt_sigtimedwait, at(0), 0, 0, 8) == -EINTR && signals.thread.pending == ONE);
  CHECK(CALL(pause) == -EINTR);
  uint32_t *word = (uint32_t *)(page + 64);
  *word = 5;
  CHECK(CALL(futex, at(64), FUTEX_WAIT, 5, 0) == RESTART);
  set_time(7, 0);
  CHECK(CALL(futex, at(64), FUTEX_WAIT, 5, at(0)) == -EINTR);
  struct timespec *rest = (struct timespec *)(page + 32);
  CHECK(CALL(nanosleep, at(0), at(32)) == -EINTR && rest->tv_sec == 6 && rest->tv_nsec > 0);
  CHECK(CALL(nanosleep, at(0), BAD) == -EFAULT && CALL(nanosleep, at(0), 0) == -EINTR);
}

static void restarts(void) {
  const struct context context = serve_context();
  signals_begin();
  CHECK(!delivers(7, true) && *context.rip == 0x1111);
  handle(SIGUSR1, SA_RESTART);
  CHECK(CALL(kill, 1, SIGUSR1) == 0 && delivers(7, true));
  const uint64_t *machine = (const uint64_t *)context.general->rdx + 5;
  CHECK(machine[13] == 7 && machine[16] == 0x1111);
  // Without the flag the call is over: the handler returns behind it.
  handle(SIGUSR1, 0);
  block(0);
  CHECK(CALL(kill, 1, SIGUSR1) == 0 && delivers(7, true));
  machine = (const uint64_t *)context.general->rdx + 5;
  CHECK((int64_t)machine[13] == -EINTR && machine[16] == 0x1111 + SYSCALL_BYTES);
}

// A signal that all threads block waits, until one lets it in or the program ignores it.
static void signals_wait_for_a_thread(void) {
  signals_begin();
  block(ONE);
  CHECK(!ENDS(CALL(kill, 1, SIGUSR1)) && signals.pending == ONE && signals.thread.pending == 0);
  CHECK(CALL(rt_sigpending, at(64), 8) == 0 && *(uint64_t *)(page + 64) == ONE);
  CHECK(!ENDS(CALL(tgkill, 1, 1, SIGUSR1)) && signals.thread.pending == ONE);
  memcpy(page, (const uint64_t[4]){1}, 32);
  CHECK(CALL(rt_sigaction, SIGUSR1, at(0), 0, 8) == 0 && (signals.pending | signals.thread.pending) == 0);
}

static void odd_call(void) {
  uint64_t a[6];
  for (int i = 0; i < 6; i++) a[i] = odd_argument();
  memset(page, (int)random_below(3) - 1, PAGE);
  (void)ENDS(calls[random_below(sizeof calls / sizeof calls[0])](a));
}

static void odd_arguments(void) {
  host_refuses_to_wait = true;
  for (int i = 0; i < 100000; i++) odd_call();
}

int main(void) {
  seed_tests();
  begin();
  chacha20();
  randomness();
  clocks_do_not_go_back();
  time_of_day();
  clocks_go_on();
  sleeping();
  futexes();
  actions();
  signals_end_programs();
  masks();
  handlers();
  handlers_that_cannot_run();
  masks_of_waits();
  waits_for_signals();
  other_signals_end_waits();
  restarts();
  signals_wait_for_a_thread();
  alternate_stack();
  limits();
  identity();
  capabilities();
  scheduling();
  alarms();
  thread_area();
  odd_arguments();
  a_new_number();
  puts("calls: ok");
}
