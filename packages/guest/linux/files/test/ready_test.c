// Tests files that are not always ready, and who waits for them: pipes, eventfd, timerfd, epoll, poll, select.
#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "../../process/process.h"
#include "shim.h"

#define CALL(name, ...) sys_##name((const uint64_t[6]){__VA_ARGS__})
#define P(pointer) ((uint64_t)(uintptr_t)(pointer))

enum { PIPE_ROOM = 65536, MILLISECOND = 1000000 };
// The value that RESTART in kernel.h has.
enum { MADE_AGAIN = -512 };
static const uint64_t kBad = 8, kSecond = 1000000000;

static uint64_t ends[2];
static uint8_t block[2 * PIPE_ROOM];

// --- help ------------------------------------------------------------------------------------------------------------

static void new_pipe(uint64_t flags) {
  int32_t pair[2];
  CHECK(CALL(pipe2, P(pair), flags) == 0);
  ends[0] = (uint64_t)pair[0];
  ends[1] = (uint64_t)pair[1];
}

static uint64_t checked(int64_t descriptor) {
  CHECK(descriptor >= 0);
  return (uint64_t)descriptor;
}

static int64_t put(uint64_t file, uint64_t value) { return CALL(write, file, P(&value), sizeof value); }

// The number that an eventfd or a timerfd gives, or an error.
static int64_t get(uint64_t file) {
  int64_t value = -1;
  int64_t got = CALL(read, file, P(&value), sizeof value);
  return got == sizeof value ? value : got;
}

static void fill_pipe(void) {
  new_pipe(O_NONBLOCK);
  CHECK(CALL(write, ends[1], P(block), sizeof block) == PIPE_ROOM && CALL(write, ends[1], P(block), 1) == -EAGAIN);
  CHECK(CALL(fcntl, ends[0], F_SETFL, 0) == 0 && CALL(fcntl, ends[1], F_SETFL, 0) == 0);
}

// The other thread does one of these in a wait.
static void writes_abc(void) { CHECK(CALL(write, ends[1], P("abc"), 3) == 3); }
static void reads_all(void) { CHECK(CALL(read, ends[0], P(block), sizeof block) == PIPE_ROOM); }
static void reads_a_page(void) { CHECK(CALL(read, ends[0], P(block), 4096) == 4096); }
static void closes_reader(void) { CHECK(CALL(close, ends[0]) == 0); }
static void closes_writer(void) { CHECK(CALL(close, ends[1]) == 0); }
static void sends_signal(void) { shim_interrupted = true; }
static void closes_both_and_opens(void) {
  closes_reader();
  closes_writer();
  CHECK(CALL(open, P("/dev/null"), O_RDWR) >= 0);
}
static void reads_then_closes_all(void) {
  reads_all();
  closes_reader();
  closes_writer();
}

// --- pipes -----------------------------------------------------------------------------------------------------------

static void test_read_waits(void) {
  char text[8] = "";
  new_pipe(0);
  shim_other_thread = writes_abc;
  CHECK(CALL(read, ends[0], P(text), 8) == 3 && memcmp(text, "abc", 3) == 0);
  shim_other_thread = writes_abc;
  struct iovec pieces[2] = {{text, 2}, {text + 2, 6}};
  CHECK(CALL(readv, ends[0], P(pieces), 2) == 3);
  shim_other_thread = closes_writer;
  CHECK(CALL(read, ends[0], P(text), 8) == 0);
  CHECK(CALL(read, ends[0], P(text), 0) == 0);
}

static void test_read_is_interrupted(void) {
  char text[8];
  new_pipe(0);
  CHECK(CALL(read, ends[0], P(text), 8) == MADE_AGAIN);
  shim_other_thread = sends_signal;
  CHECK(CALL(read, ends[0], P(text), 8) == MADE_AGAIN);
  shim_interrupted = false;
  CHECK(CALL(fcntl, ends[0], F_SETFL, O_NONBLOCK) == 0 && CALL(read, ends[0], P(text), 8) == -EAGAIN);
}

static void test_write_waits(void) {
  fill_pipe();
  shim_other_thread = reads_a_page;
  CHECK(CALL(write, ends[1], P(block), 4096) == 4096);
  // A short write is whole or waits. The rest of a long one waits.
  shim_other_thread = reads_a_page;
  CHECK(CALL(write, ends[1], P(block), 5000) == 4096);
  CHECK(CALL(write, ends[1], P(block), 1) == MADE_AGAIN);
  shim_other_thread = reads_all;
  CHECK(CALL(write, ends[1], P(block), PIPE_ROOM) == PIPE_ROOM);
}

static void test_write_of_more_than_the_room(void) {
  int32_t count = 0;
  new_pipe(0);
  shim_other_thread = reads_all;
  CHECK(CALL(write, ends[1], P(block), PIPE_ROOM + 100) == PIPE_ROOM + 100);
  CHECK(CALL(ioctl, ends[0], FIONREAD, P(&count)) == 0 && count == 100);
  struct iovec pieces[2] = {{block, PIPE_ROOM}, {block, 50}};
  shim_other_thread = NULL;
  CHECK(CALL(writev, ends[1], P(pieces), 2) == PIPE_ROOM - 100);
}

static void test_room_for_a_short_write(void) {
  fill_pipe();
  char text[100];
  CHECK(CALL(fcntl, ends[1], F_SETFL, O_NONBLOCK) == 0);
  CHECK(CALL(read, ends[0], P(text), 100) == 100);
  CHECK(CALL(write, ends[1], P(block), 101) == -EAGAIN && CALL(write, ends[1], P(block), 99) == 99);
  struct pollfd wait = {(int)ends[1], POLLOUT, 0};
  CHECK(CALL(poll, P(&wait), 1, 0) == 0);
  CHECK(CALL(read, ends[0], P(block), 4095) == 4095 && CALL(poll, P(&wait), 1, 0) == 1);
}

static void test_broken_pipe(void) {
  const uint64_t pipe_signal = 1u << (SIGPIPE - 1);
  new_pipe(0);
  closes_reader();
  CHECK(CALL(write, ends[1], P("x"), 0) == 0 && shim_sent == 0);
  CHECK(CALL(write, ends[1], P("x"), 1) == -EPIPE && shim_sent == pipe_signal);
  fill_pipe();
  shim_sent = 0;
  shim_other_thread = closes_reader;
  CHECK(CALL(write, ends[1], P("x"), 1) == -EPIPE && shim_sent == pipe_signal);
  // The bytes that went through before count, and the signal comes nevertheless.
  new_pipe(0);
  shim_sent = 0;
  shim_other_thread = closes_reader;
  CHECK(CALL(write, ends[1], P(block), sizeof block) == PIPE_ROOM && shim_sent == pipe_signal);
}

static void test_close_during_a_wait(void) {
  char text[8];
  new_pipe(0);
  shim_other_thread = closes_both_and_opens;
  CHECK(CALL(read, ends[0], P(text), 8) == 0);
  CHECK(CALL(write, ends[0], P("x"), 1) == 1);
  fill_pipe();
  shim_other_thread = closes_both_and_opens;
  CHECK(CALL(write, ends[1], P("x"), 1) == -EPIPE);
  fill_pipe();
  shim_other_thread = reads_then_closes_all;
  CHECK(CALL(write, ends[1], P("x"), 1) == -EPIPE);
}

static void test_send_waits(void) {
  CHECK(files_put("/tmp/long", block, sizeof block) == 0);
  uint64_t file = checked(CALL(open, P("/tmp/long"), O_RDONLY));
  new_pipe(0);
  shim_other_thread = reads_all;
  CHECK(CALL(sendfile, ends[1], file, 0, PIPE_ROOM + 10) == PIPE_ROOM + 10);
  fill_pipe();
  shim_other_thread = closes_both_and_opens;
  CHECK(CALL(sendfile, ends[1], file, 0, 10) == -EPIPE);
  uint64_t counter = checked(CALL(eventfd2, 0, 0));
  CHECK(CALL(sendfile, counter, file, 0, 8) == -EINVAL);
}

// The program ends while a thread waits: its files are closed, though nothing goes back to that thread.
static jmp_buf ended;

static void ends_program(void) { longjmp(ended, 1); }

static int64_t wait_in_vain(void) { return CALL(read, ends[0], P(block), 1); }

static void test_end_during_a_wait(void) {
  new_pipe(0);
  shim_other_thread = ends_program;
  if (setjmp(ended) == 0) CHECK(wait_in_vain() == 0);
  memset(alloca(4096), 0xff, 4096);  // the stack of the wait is used for something else
  files_end();
  CHECK(CALL(close, ends[0]) == -EBADF);
}

// --- eventfd ---------------------------------------------------------------------------------------------------------

static uint64_t counter_file;
static void adds_five(void) { CHECK(put(counter_file, 5) == 8); }
static void takes_most(void) { CHECK(get(counter_file) == -2); }
static void closes_counter(void) { CHECK(CALL(close, counter_file) == 0); }

static void test_counter(void) {
  counter_file = checked(CALL(eventfd2, 3, EFD_NONBLOCK));
  CHECK(get(counter_file) == 3 && get(counter_file) == -EAGAIN);
  CHECK(put(counter_file, 0) == 8 && get(counter_file) == -EAGAIN);
  CHECK(put(counter_file, 4) == 8 && put(counter_file, 5) == 8 && get(counter_file) == 9);
  CHECK(put(counter_file, UINT64_MAX) == -EINVAL && put(counter_file, UINT64_MAX - 1) == 8);
  CHECK(put(counter_file, 1) == -EAGAIN && put(counter_file, 0) == 8);
  CHECK(get(counter_file) == -2);
  CHECK(CALL(eventfd2, 0, 2) == -EINVAL && CALL(eventfd, UINT64_MAX) >= 0);
}

static void test_semaphore(void) {
  uint64_t file = checked(CALL(eventfd2, 2, EFD_NONBLOCK | EFD_SEMAPHORE));
  CHECK(get(file) == 1 && get(file) == 1 && get(file) == -EAGAIN);
}

static void test_counter_lengths(void) {
  char text[16] = {1};
  counter_file = checked(CALL(eventfd2, 0, EFD_NONBLOCK));
  CHECK(CALL(read, counter_file, P(text), 0) == -EINVAL && CALL(read, counter_file, P(text), 7) == -EINVAL);
  CHECK(CALL(write, counter_file, P(text), 0) == -EINVAL && CALL(write, counter_file, kBad, 7) == -EINVAL);
  CHECK(CALL(read, counter_file, kBad, 8) == -EAGAIN && CALL(write, counter_file, kBad, 8) == -EFAULT);
  CHECK(CALL(fcntl, counter_file, F_SETFL, 0) == 0);
  CHECK(CALL(write, counter_file, P(text), 16) == 8 && CALL(read, counter_file, P(text), 16) == 8);
  CHECK(CALL(ioctl, counter_file, FIONREAD, P(text)) == -ENOTTY);
  CHECK(CALL(open, P("/proc/self/fd/3"), O_RDWR) == -ENXIO);
}

static void test_counter_waits(void) {
  counter_file = checked(CALL(eventfd2, 0, 0));
  CHECK(get(counter_file) == MADE_AGAIN);
  shim_other_thread = adds_five;
  CHECK(get(counter_file) == 5);
  CHECK(put(counter_file, UINT64_MAX - 1) == 8);
  shim_other_thread = takes_most;
  CHECK(put(counter_file, 7) == 8 && get(counter_file) == 7);
  shim_other_thread = closes_counter;
  CHECK(get(counter_file) == MADE_AGAIN && get(counter_file) == -EBADF);
}

// --- timerfd ---------------------------------------------------------------------------------------------------------

static int64_t set_timer(uint64_t file, uint64_t flags, uint64_t value, uint64_t interval) {
  const struct itimerspec setting = {{(time_t)(interval / kSecond), (long)(interval % kSecond)},
                                     {(time_t)(value / kSecond), (long)(value % kSecond)}};
  return CALL(timerfd_settime, file, flags, P(&setting), 0);
}

static uint64_t rest_of(uint64_t file) {
  struct itimerspec setting;
  CHECK(CALL(timerfd_gettime, file, P(&setting)) == 0);
  return (uint64_t)setting.it_value.tv_sec * kSecond + (uint64_t)setting.it_value.tv_nsec;
}

static void test_timer_once(void) {
  uint64_t file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
  CHECK(get(file) == -EAGAIN && rest_of(file) == 0);
  CHECK(set_timer(file, 0, 5 * kSecond + 1, 0) == 0 && rest_of(file) == 5 * kSecond + 1);
  shim_now += 5 * kSecond;
  CHECK(get(file) == -EAGAIN && rest_of(file) == 1);
  shim_now++;
  CHECK(rest_of(file) == 0 && get(file) == 1 && get(file) == -EAGAIN);
}

static void test_timer_again(void) {
  uint64_t file = checked(CALL(timerfd_create, CLOCK_BOOTTIME, TFD_NONBLOCK));
  struct itimerspec next = {{0, 0}, {9, 0}}, old;
  CHECK(set_timer(file, 0, 10, 4) == 0);
  shim_now += 10;
  CHECK(get(file) == 1 && get(file) == -EAGAIN && rest_of(file) == 4);
  shim_now += 13;
  CHECK(rest_of(file) == 3 && get(file) == 3);
  CHECK(CALL(timerfd_settime, file, 0, P(&next), P(&old)) == 0);
  CHECK(old.it_interval.tv_nsec == 4 && old.it_value.tv_nsec == 3);
  // A new setting forgets ends that nobody read, and so does none.
  shim_now += 9 * kSecond;
  CHECK(set_timer(file, 0, 5, 5) == 0 && get(file) == -EAGAIN);
  shim_now += 5;
  CHECK(set_timer(file, 0, 0, 0) == 0 && get(file) == -EAGAIN);
  shim_now += 100;
  CHECK(get(file) == -EAGAIN);
}

static void test_timer_at_a_moment(void) {
  uint64_t file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
  CHECK(set_timer(file, TFD_TIMER_ABSTIME, shim_now + 7, 0) == 0 && rest_of(file) == 7);
  // Intervals count since a moment in the past.
  CHECK(set_timer(file, TFD_TIMER_ABSTIME, shim_now - 25, 10) == 0 && get(file) == 3 && rest_of(file) == 5);
  uint64_t day = checked(CALL(timerfd_create, CLOCK_REALTIME, TFD_NONBLOCK));
  CHECK(set_timer(day, TFD_TIMER_ABSTIME, clock_real() + 1000 * kSecond, 0) == 0);
  CHECK(rest_of(day) > 900 * kSecond && rest_of(day) <= 1000 * kSecond && get(day) == -EAGAIN);
  CHECK(set_timer(day, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, 1, 0) == 0 && get(day) == 1);
}

static void test_timer_errors(void) {
  uint64_t file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, 0));
  struct itimerspec bad = {{0, 0}, {0, 1000000000}}, good = {{0, 0}, {1, 0}};
  CHECK(CALL(timerfd_create, 99, 0) == -EINVAL && CALL(timerfd_create, CLOCK_MONOTONIC, 1) == -EINVAL);
  CHECK(CALL(timerfd_create, CLOCK_PROCESS_CPUTIME_ID, 0) == -EINVAL);
  // The setting is read and checked before the file.
  CHECK(CALL(timerfd_settime, 99, 8, kBad, 0) == -EFAULT && CALL(timerfd_settime, 99, 0, P(&bad), 0) == -EINVAL);
  CHECK(CALL(timerfd_settime, 99, 8, P(&good), 0) == -EINVAL && CALL(timerfd_settime, 99, 0, P(&good), 0) == -EBADF);
  CHECK(CALL(timerfd_settime, 0, 0, P(&good), 0) == -EINVAL && CALL(timerfd_gettime, 99, kBad) == -EBADF);
  CHECK(CALL(timerfd_gettime, 0, kBad) == -EINVAL && CALL(timerfd_gettime, file, kBad) == -EFAULT);
  CHECK(CALL(timerfd_settime, file, 0, P(&good), kBad) == -EFAULT && rest_of(file) == kSecond);
  bad = (struct itimerspec){{-1, 0}, {0, 0}};
  CHECK(CALL(timerfd_settime, file, 0, P(&bad), 0) == -EINVAL);
  CHECK(put(file, 1) == -EINVAL && CALL(write, file, kBad, 1) == -EINVAL);
  CHECK(CALL(read, file, P(&bad), 7) == -EINVAL && CALL(read, file, P(&bad), 0) == -EINVAL);
}

static void test_timer_waits(void) {
  uint64_t file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, 0));
  uint64_t from = shim_now;
  CHECK(set_timer(file, 0, 30, 0) == 0 && get(file) == 1 && shim_now == from + 30);
  CHECK(get(file) == MADE_AGAIN);
}

static uint64_t timer_file;
static void sets_timer(void) { CHECK(set_timer(timer_file, 0, 3 * MILLISECOND, 0) == 0); }

static void test_timer_set_during_a_wait(void) {
  timer_file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, 0));
  struct pollfd wait = {(int)timer_file, POLLIN, 0};
  uint64_t from = shim_now;
  shim_other_thread = sets_timer;
  CHECK(CALL(poll, P(&wait), 1, 10) == 1 && shim_now == from + 3 * MILLISECOND);
}

// The timeout of a wait counts although timers end that it does not watch.
static void test_timer_of_nobody(void) {
  timer_file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
  uint64_t from = shim_now;
  new_pipe(0);
  struct pollfd wait = {(int)ends[0], POLLIN, 0};
  struct epoll_event event;
  uint64_t epoll = checked(CALL(epoll_create1, 0));
  CHECK(set_timer(timer_file, 0, MILLISECOND, 2 * MILLISECOND) == 0);
  CHECK(CALL(poll, P(&wait), 1, 10) == 0 && shim_now == from + 10 * MILLISECOND);
  CHECK(CALL(epoll_wait, epoll, P(&event), 1, 10) == 0 && shim_now == from + 20 * MILLISECOND);
  CHECK(get(timer_file) == 10);
}

static void test_timer_at_the_timeout(void) {
  timer_file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, 0));
  struct pollfd wait = {(int)timer_file, POLLIN, 0};
  CHECK(set_timer(timer_file, 0, 10 * MILLISECOND, 0) == 0 && CALL(poll, P(&wait), 1, 10) == 1);
}

// --- epoll -----------------------------------------------------------------------------------------------------------

static uint64_t watcher;
static struct epoll_event seen[8];

static int64_t watch(uint64_t epoll, int operation, uint64_t file, uint32_t events) {
  struct epoll_event event = {.events = events, .data.u64 = file};
  return CALL(epoll_ctl, epoll, (uint64_t)operation, file, P(&event));
}

static int64_t look(uint64_t epoll) { return CALL(epoll_wait, epoll, P(seen), 8, 0); }

static uint64_t new_counter(uint64_t value) { return checked(CALL(eventfd2, value, EFD_NONBLOCK)); }

static void test_level(void) {
  uint64_t file = new_counter(0);
  watcher = checked(CALL(epoll_create, 1));
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN) == 0 && look(watcher) == 0);
  CHECK(put(file, 1) == 8 && look(watcher) == 1 && seen[0].events == EPOLLIN && seen[0].data.u64 == file);
  CHECK(look(watcher) == 1 && get(file) == 1 && look(watcher) == 0);
  CHECK(watch(watcher, EPOLL_CTL_MOD, file, EPOLLOUT) == 0 && look(watcher) == 1 && seen[0].events == EPOLLOUT);
  CHECK(watch(watcher, EPOLL_CTL_DEL, file, 0) == 0 && look(watcher) == 0);
}

static void test_edge(void) {
  uint64_t file = new_counter(0);
  watcher = checked(CALL(epoll_create1, EPOLL_CLOEXEC));
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLOUT | EPOLLET) == 0);
  CHECK(look(watcher) == 1 && seen[0].events == EPOLLOUT && look(watcher) == 0);
  // A change brings all that is ready again.
  CHECK(put(file, 1) == 8 && look(watcher) == 1 && seen[0].events == (EPOLLIN | EPOLLOUT) && look(watcher) == 0);
  CHECK(put(file, 1) == 8 && look(watcher) == 1 && look(watcher) == 0);
  CHECK(watch(watcher, EPOLL_CTL_MOD, file, EPOLLIN | EPOLLET) == 0 && look(watcher) == 1 && look(watcher) == 0);
  CHECK(get(file) == 2 && look(watcher) == 0);
}

static void test_edge_of_a_pipe(void) {
  char text[4];
  new_pipe(O_NONBLOCK);
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(watcher, EPOLL_CTL_ADD, ends[0], EPOLLIN | EPOLLET) == 0);
  CHECK(watch(watcher, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET) == 0);
  CHECK(look(watcher) == 1 && seen[0].data.u64 == ends[1]);
  writes_abc();
  CHECK(look(watcher) == 1 && seen[0].data.u64 == ends[0] && look(watcher) == 0);
  CHECK(CALL(read, ends[0], P(text), 3) == 3 && look(watcher) == 0);
  CHECK(CALL(write, ends[1], P(block), PIPE_ROOM) == PIPE_ROOM && look(watcher) == 1);
  reads_a_page();
  CHECK(look(watcher) == 1 && seen[0].events == EPOLLOUT && look(watcher) == 0);
  closes_writer();
  CHECK(look(watcher) == 1 && seen[0].events == (EPOLLIN | EPOLLHUP) && look(watcher) == 0);
}

static void test_edge_of_a_timer(void) {
  timer_file = checked(CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK));
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(watcher, EPOLL_CTL_ADD, timer_file, EPOLLIN | EPOLLET) == 0 && look(watcher) == 0);
  CHECK(set_timer(timer_file, 0, 10, 10) == 0 && CALL(epoll_wait, watcher, P(seen), 8, (uint64_t)-1) == 1);
  CHECK(look(watcher) == 0 && CALL(epoll_wait, watcher, P(seen), 8, (uint64_t)-1) == 1 && get(timer_file) == 2);
}

static void test_one_shot(void) {
  uint64_t file = new_counter(1);
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLONESHOT) == 0);
  CHECK(look(watcher) == 1 && look(watcher) == 0 && put(file, 1) == 8 && look(watcher) == 0);
  CHECK(watch(watcher, EPOLL_CTL_MOD, file, EPOLLIN | EPOLLONESHOT) == 0 && look(watcher) == 1 && look(watcher) == 0);
}

static void test_ends_are_always_watched(void) {
  new_pipe(0);
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(watcher, EPOLL_CTL_ADD, ends[0], 0) == 0 && watch(watcher, EPOLL_CTL_ADD, ends[1], EPOLLET) == 0);
  writes_abc();
  CHECK(look(watcher) == 0);
  uint64_t copy = checked(CALL(dup, ends[1]));
  CHECK(CALL(close, ends[1]) == 0 && look(watcher) == 0 && CALL(close, copy) == 0);
  CHECK(look(watcher) == 1 && seen[0].events == EPOLLHUP);
  new_pipe(0);
  CHECK(watch(watcher, EPOLL_CTL_ADD, ends[1], EPOLLET) == 0);
  closes_reader();
  CHECK(look(watcher) == 2 || seen[0].events == EPOLLERR);
}

static void test_epoll_errors(void) {
  uint64_t file = new_counter(0);
  struct epoll_event event = {.events = EPOLLIN};
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(CALL(epoll_create1, 1) == -EINVAL && CALL(epoll_create, 0) == -EINVAL);
  CHECK(CALL(epoll_ctl, 99, EPOLL_CTL_ADD, 99, kBad) == -EFAULT && watch(99, EPOLL_CTL_ADD, file, 0) == -EBADF);
  CHECK(watch(file, EPOLL_CTL_ADD, 99, 0) == -EBADF && watch(file, EPOLL_CTL_ADD, file, 0) == -EINVAL);
  CHECK(watch(watcher, EPOLL_CTL_ADD, watcher, 0) == -EINVAL && watch(watcher, 7, file, 0) == -EINVAL);
  CHECK(watch(watcher, EPOLL_CTL_DEL, file, 0) == -ENOENT && watch(watcher, EPOLL_CTL_MOD, file, 0) == -ENOENT);
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, 0) == 0 && watch(watcher, EPOLL_CTL_ADD, file, 0) == -EEXIST);
  CHECK(CALL(epoll_ctl, watcher, EPOLL_CTL_DEL, file, kBad) == 0);
  CHECK(watch(watcher, EPOLL_CTL_ADD, checked(CALL(open, P("/tmp/regular"), O_CREAT | O_RDWR, 0644)), 0) == -EPERM);
  CHECK(watch(watcher, EPOLL_CTL_ADD, checked(CALL(open, P("/tmp"), O_RDONLY)), 0) == -EPERM);
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLONESHOT | EPOLLEXCLUSIVE) == -EINVAL);
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN | EPOLLEXCLUSIVE) == 0);
  CHECK(watch(watcher, EPOLL_CTL_MOD, file, EPOLLIN) == -EINVAL);
  CHECK(CALL(epoll_wait, watcher, P(seen), 0, 0) == -EINVAL && CALL(epoll_wait, 99, kBad, 1, 0) == -EFAULT);
  CHECK(CALL(epoll_wait, 99, P(seen), 1, 0) == -EBADF && CALL(epoll_wait, file, P(seen), 1, 0) == -EINVAL);
  CHECK(CALL(epoll_pwait, 99, P(seen), 1, 0, P(&event), 4) == -EINVAL);
  CHECK(CALL(epoll_pwait, 99, P(seen), 1, 0, kBad, 8) == -EFAULT);
  CHECK(CALL(epoll_pwait2, 99, P(seen), 1, kBad, 0, 8) == -EFAULT);
  CHECK(CALL(read, watcher, P(seen), 8) == -EINVAL && CALL(write, watcher, P(seen), 8) == -EINVAL);
}

static void test_nested(void) {
  uint64_t file = new_counter(0);
  uint64_t inner = checked(CALL(epoll_create1, 0));
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(inner, EPOLL_CTL_ADD, file, EPOLLIN) == 0);
  CHECK(watch(watcher, EPOLL_CTL_ADD, inner, EPOLLIN) == 0 && look(watcher) == 0);
  CHECK(put(file, 1) == 8 && look(watcher) == 1 && seen[0].data.u64 == inner && look(watcher) == 1);
  CHECK(watch(watcher, EPOLL_CTL_MOD, inner, EPOLLIN | EPOLLET) == 0 && look(watcher) == 1 && look(watcher) == 0);
  CHECK(put(file, 1) == 8 && look(watcher) == 1 && look(watcher) == 0);
  CHECK(CALL(close, inner) == 0 && look(watcher) == 0);
}

// Five files may be nested, in whatever order they are.
static void test_nested_too_deep(void) {
  uint64_t chain[7];
  for (int i = 0; i < 7; i++) chain[i] = checked(CALL(epoll_create1, 0));
  for (int i = 0; i < 4; i++) CHECK(watch(chain[i], EPOLL_CTL_ADD, chain[i + 1], EPOLLIN) == 0);
  CHECK(watch(chain[4], EPOLL_CTL_ADD, chain[5], EPOLLIN) == -ELOOP);
  CHECK(watch(chain[4], EPOLL_CTL_ADD, new_counter(1), EPOLLIN) == 0 && look(chain[0]) == 1);
  CHECK(watch(chain[6], EPOLL_CTL_ADD, chain[0], EPOLLIN) == -ELOOP);
  CHECK(watch(chain[6], EPOLL_CTL_ADD, chain[1], EPOLLIN) == 0);
  CHECK(watch(chain[2], EPOLL_CTL_ADD, chain[0], EPOLLIN) == -ELOOP);
  CHECK(watch(chain[2], EPOLL_CTL_ADD, chain[1], EPOLLIN) == -ELOOP);
}

static void test_close_of_a_watched_file(void) {
  uint64_t file = new_counter(1);
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN) == 0);
  uint64_t copy = checked(CALL(dup, file));
  CHECK(CALL(close, file) == 0 && look(watcher) == 1 && seen[0].data.u64 == file);
  CHECK(watch(watcher, EPOLL_CTL_DEL, file, 0) == -EBADF);
  CHECK(new_counter(1) == file && watch(watcher, EPOLL_CTL_ADD, file, EPOLLIN) == 0 && look(watcher) == 2);
  CHECK(watch(watcher, EPOLL_CTL_ADD, copy, EPOLLIN) == 0 && look(watcher) == 3);
  CHECK(CALL(close, copy) == 0 && look(watcher) == 1);
}

static void test_all_have_their_turn(void) {
  enum { FILES = 5 };
  uint64_t reported = 0;
  watcher = checked(CALL(epoll_create1, 0));
  for (int i = 0; i < FILES; i++) CHECK(watch(watcher, EPOLL_CTL_ADD, new_counter(1), EPOLLIN) == 0);
  for (int i = 0; i < 3; i++) {
    CHECK(CALL(epoll_wait, watcher, P(seen), 2, 0) == 2);
    reported |= 1u << seen[0].data.u64 | 1u << seen[1].data.u64;
  }
  CHECK(__builtin_popcountll(reported) == FILES);
}

static void closes_watcher(void) { CHECK(CALL(close, watcher) == 0); }
static void watches_counter(void) { CHECK(watch(watcher, EPOLL_CTL_ADD, counter_file, EPOLLIN) == 0); }

static void test_epoll_waits(void) {
  uint64_t from = shim_now;
  watcher = checked(CALL(epoll_create1, 0));
  counter_file = new_counter(0);
  CHECK(watch(watcher, EPOLL_CTL_ADD, counter_file, EPOLLIN) == 0);
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, 20) == 0 && shim_now == from + 20 * MILLISECOND);
  shim_other_thread = adds_five;
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, (uint64_t)-1) == 1 && get(counter_file) == 5);
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, (uint64_t)-1) == -EINTR);
  shim_other_thread = closes_counter;
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, 5) == 0);
  counter_file = new_counter(1);
  shim_other_thread = watches_counter;
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, (uint64_t)-1) == 1);
  CHECK(get(counter_file) == 1);
  shim_other_thread = closes_watcher;
  CHECK(CALL(epoll_wait, watcher, P(seen), 8, 5) == 0 && CALL(epoll_wait, watcher, P(seen), 8, 5) == -EBADF);
}

static void test_epoll_wait_with_a_time(void) {
  const struct timespec time = {0, 7}, none = {0, 0}, bad = {0, -1};
  const uint64_t mask = 5;
  uint64_t from = shim_now;
  watcher = checked(CALL(epoll_create1, 0));
  CHECK(CALL(epoll_pwait2, watcher, P(seen), 8, P(&time), P(&mask), 8) == 0 && shim_now == from + 7 && shim_mask == 5);
  CHECK(CALL(epoll_pwait2, watcher, P(seen), 8, P(&none), 0, 0) == 0 && shim_now == from + 7);
  CHECK(CALL(epoll_pwait2, watcher, P(seen), 8, P(&bad), 0, 0) == -EINVAL);
  CHECK(CALL(epoll_pwait2, watcher, P(seen), 8, 0, 0, 0) == -EINTR);
  shim_interrupted = true;
  CHECK(CALL(epoll_pwait, watcher, P(seen), 8, 0, P(&mask), 8) == 0);
  CHECK(CALL(epoll_pwait, watcher, P(seen), 8, 1, P(&mask), 8) == -EINTR);
}

// --- poll and select -------------------------------------------------------------------------------------------------

static void test_poll_waits(void) {
  char text[8];
  uint64_t from = shim_now;
  new_pipe(0);
  struct pollfd wait[3] = {{(int)ends[0], POLLIN, 0}, {-1, POLLIN, 7}, {(int)ends[1], 0, 0}};
  CHECK(CALL(poll, P(wait), 3, 25) == 0 && shim_now == from + 25 * MILLISECOND && wait[1].revents == 0);
  CHECK(CALL(poll, P(wait), 3, (uint64_t)-1) == -EINTR);
  shim_other_thread = writes_abc;
  CHECK(CALL(poll, P(wait), 3, (uint64_t)-1) == 1 && wait[0].revents == POLLIN);
  CHECK(CALL(read, ends[0], P(text), 8) == 3);
  shim_other_thread = closes_writer;
  CHECK(CALL(poll, P(wait), 1, 25) == 1 && wait[0].revents == POLLHUP);
  CHECK(CALL(poll, P(wait), 3, 25) == 2 && wait[2].revents == POLLNVAL);
}

// A signal ends even a look that would not wait, but not one that finds a file ready.
static void test_poll_is_interrupted(void) {
  fd_set writes;
  struct timespec none = {0, 0};
  new_pipe(0);
  struct pollfd wait[2] = {{(int)ends[0], POLLIN, 0}, {(int)ends[1], POLLOUT, 0}};
  shim_interrupted = true;
  CHECK(CALL(poll, P(wait), 1, 0) == -EINTR && CALL(poll, P(wait), 2, 10) == 1);
  FD_ZERO(&writes);
  CHECK(CALL(pselect6, 20, 0, P(&writes), 0, P(&none), 0) == -EINTR);
  FD_SET(ends[1], &writes);
  CHECK(CALL(pselect6, 20, 0, P(&writes), 0, 0, 0) == 1);
}

static void test_poll_with_a_mask(void) {
  struct timespec time = {1, 500}, bad = {0, 1000000000};
  const uint64_t mask = 9;
  new_pipe(0);
  struct pollfd wait = {(int)ends[0], POLLIN, 0};
  shim_other_thread = writes_abc;
  CHECK(CALL(ppoll, P(&wait), 1, P(&time), P(&mask), 8) == 1 && shim_mask == 9);
  CHECK(time.tv_sec == 1 && time.tv_nsec == 500);
  CHECK(CALL(read, ends[0], P(block), 8) == 3);
  CHECK(CALL(ppoll, P(&wait), 1, P(&time), 0, 0) == 0 && time.tv_sec == 0 && time.tv_nsec == 0);
  CHECK(CALL(ppoll, P(&wait), 1, kBad, P(&mask), 4) == -EFAULT &&
        CALL(ppoll, P(&wait), 1, P(&bad), kBad, 8) == -EINVAL);
  CHECK(CALL(ppoll, P(&wait), 1, 0, P(&mask), 4) == -EINVAL && CALL(ppoll, kBad, 1, 0, 0, 0) == -EFAULT);
}

static void lets_time_pass(void) {
  shim_now += 300 * MILLISECOND;
  writes_abc();
}

static void test_rest_of_the_time(void) {
  struct timespec time = {1, 0};
  struct timeval value = {0, 400000};
  fd_set reads;
  new_pipe(0);
  struct pollfd wait = {(int)ends[0], POLLIN, 0};
  shim_other_thread = lets_time_pass;
  CHECK(CALL(ppoll, P(&wait), 1, P(&time), 0, 0) == 1 && time.tv_sec == 0 && time.tv_nsec == 700 * MILLISECOND);
  CHECK(CALL(read, ends[0], P(block), 8) == 3);
  FD_ZERO(&reads);
  FD_SET(ends[0], &reads);
  shim_other_thread = lets_time_pass;
  CHECK(CALL(select, 20, P(&reads), 0, 0, P(&value)) == 1 && value.tv_sec == 0 && value.tv_usec == 100000);
}

static void test_select(void) {
  fd_set reads;
  fd_set writes;
  struct timeval time = {0, 1000};
  uint64_t from = shim_now;
  new_pipe(0);
  FD_ZERO(&reads);
  FD_ZERO(&writes);
  FD_SET(ends[0], &reads);
  FD_SET(1, &writes);
  CHECK(CALL(select, 20, P(&reads), P(&writes), 0, P(&time)) == 1 && !FD_ISSET(ends[0], &reads) &&
        FD_ISSET(1, &writes));
  FD_SET(ends[0], &reads);
  CHECK(CALL(select, 20, P(&reads), 0, 0, P(&time)) == 0 && time.tv_usec == 0 && shim_now == from + MILLISECOND);
  CHECK(!FD_ISSET(ends[0], &reads));
  FD_SET(ends[0], &reads);
  CHECK(CALL(select, 20, P(&reads), 0, 0, 0) == -EINTR && FD_ISSET(ends[0], &reads));
  shim_other_thread = closes_writer;
  CHECK(CALL(select, 20, P(&reads), 0, 0, 0) == 1 && FD_ISSET(ends[0], &reads));
  FD_SET(500, &reads);
  CHECK(CALL(select, 1024, P(&reads), 0, 0, P(&time)) == -EBADF);
  CHECK(CALL(pselect6, (uint64_t)-1, 0, 0, 0, 0, 0) == -EINVAL);
}

static void test_select_errors(void) {
  const struct timespec bad = {0, -1}, none = {0, 0};
  const uint64_t mask = 3, pair[2] = {P(&mask), 4};
  CHECK(CALL(pselect6, 0, 0, 0, 0, P(&bad), kBad) == -EFAULT);
  CHECK(CALL(pselect6, 0, 0, 0, 0, P(&bad), P(pair)) == -EINVAL);
  CHECK(CALL(pselect6, 0, 0, 0, 0, P(&none), P(pair)) == -EINVAL);
  CHECK(CALL(pselect6, 0, 0, 0, 0, P(&none), P(((const uint64_t[2]){P(&mask), 8}))) == 0 && shim_mask == 3);
}

// --- the run ---------------------------------------------------------------------------------------------------------

static void begin_test(void) {
  static const struct host_facts facts;
  files_start(&facts, NULL, 0);
  shim_other_thread = NULL;
  shim_interrupted = false;
  shim_sent = shim_mask = 0;
}

int main(void) {
  seed_tests();
  files_begin();
  void (*const tests[])(void) = {
      test_read_waits,
      test_read_is_interrupted,
      test_write_waits,
      test_write_of_more_than_the_room,
      test_room_for_a_short_write,
      test_broken_pipe,
      test_close_during_a_wait,
      test_send_waits,
      test_end_during_a_wait,
      test_counter,
      test_semaphore,
      test_counter_lengths,
      test_counter_waits,
      test_timer_once,
      test_timer_again,
      test_timer_at_a_moment,
      test_timer_errors,
      test_timer_waits,
      test_timer_set_during_a_wait,
      test_timer_of_nobody,
      test_timer_at_the_timeout,
      test_level,
      test_edge,
      test_edge_of_a_pipe,
      test_edge_of_a_timer,
      test_one_shot,
      test_ends_are_always_watched,
      test_epoll_errors,
      test_nested,
      test_nested_too_deep,
      test_close_of_a_watched_file,
      test_all_have_their_turn,
      test_epoll_waits,
      test_epoll_wait_with_a_time,
      test_poll_waits,
      test_poll_is_interrupted,
      test_poll_with_a_mask,
      test_rest_of_the_time,
      test_select,
      test_select_errors,
  };
  for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
    begin_test();
    tests[i]();
  }
  files_end();
  puts("ready: ok");
  return 0;
}
