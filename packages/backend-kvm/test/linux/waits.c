// Threads that wait for files, moments and signals. The lines do not depend on who runs first.
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { LONG = 1 << 20 };
static int ends[2], other[2];
static volatile sig_atomic_t handled;
static void handle(int number) { handled = number; }

static void nap(void) { nanosleep(&(struct timespec){0, 30000000}, NULL); }

static void report(const char *name, long result) {
  printf("%s: %ld %s, handled %d\n", name, result, result < 0 ? strerrorname_np(errno) : "-", (int)handled);
  handled = 0;
}

static pthread_t run(void *(*function)(void *), void *argument) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, function, argument) != 0) abort();
  return thread;
}

// --- pipes and epoll -------------------------------------------------------------------------------------------------

static void *produce(void *argument) {
  static uint8_t block[LONG];
  (void)argument;
  for (int i = 0; i < LONG; i++) block[i] = (uint8_t)(i * 7 + (i >> 9));
  report("produced", write(ends[1], block, LONG));
  close(ends[1]);
  return NULL;
}

static void pipes(void) {
  uint8_t block[3000];
  uint32_t sum = 0;
  long total = 0;
  if (pipe(ends) != 0) abort();
  pthread_t thread = run(produce, NULL);
  for (ssize_t got; (got = read(ends[0], block, sizeof block)) > 0; total += got)
    for (ssize_t i = 0; i < got; i++) sum = sum * 31 + block[i];
  pthread_join(thread, NULL);
  printf("consumed %ld, sum %u\n", total, sum);
  close(ends[0]);
}

static void *wake(void *argument) {
  for (int i = 0; i < 5; i++) {
    nap();
    if (eventfd_write((int)(intptr_t)argument, 1) != 0) abort();
  }
  return NULL;
}

static void watch(int epoll, int file) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = file};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) != 0) abort();
}

// Two wakers add to one counter, and a timer ends three times.
static void events(void) {
  struct epoll_event event;
  uint64_t value = 0, wakes = 0, ticks = 0;
  int epoll = epoll_create1(0), counter = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
  const struct itimerspec setting = {{0, 20000000}, {0, 10000000}};
  watch(epoll, counter);
  watch(epoll, timer);
  timerfd_settime(timer, 0, &setting, NULL);
  pthread_t one = run(wake, (void *)(intptr_t)counter), two = run(wake, (void *)(intptr_t)counter);
  while (wakes < 10 || ticks < 3) {
    if (epoll_wait(epoll, &event, 1, -1) != 1 || read(event.data.fd, &value, sizeof value) != sizeof value) abort();
    *(event.data.fd == counter ? &wakes : &ticks) += value;
  }
  pthread_join(one, NULL);
  pthread_join(two, NULL);
  printf("wakes %lu, timer ended %d\n", (unsigned long)wakes, ticks >= 3);
  // A timer that nobody watches does not change how long others wait.
  int empty = epoll_create1(0);
  report("empty epoll", epoll_wait(empty, &event, 1, 50));
  report("poll of nothing", poll(NULL, 0, 50));
}

// --- signals ---------------------------------------------------------------------------------------------------------

static void *read_byte(void *argument) {
  char byte;
  report(argument, read(ends[0], &byte, 1));
  return NULL;
}

static void interrupted_reads(void) {
  struct sigaction action = {.sa_handler = handle};
  if (pipe(ends) != 0) abort();
  sigaction(SIGUSR2, &action, NULL);
  pthread_t thread = run(read_byte, "interrupted");
  nap();
  pthread_kill(thread, SIGUSR2);
  pthread_join(thread, NULL);
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR2, &action, NULL);
  thread = run(read_byte, "made again");
  nap();
  pthread_kill(thread, SIGUSR2);
  nap();
  if (write(ends[1], "x", 1) != 1) abort();
  pthread_join(thread, NULL);
}

static void broken_pipe(void) {
  signal(SIGPIPE, handle);
  if (pipe(other) != 0) abort();
  close(other[0]);
  report("broken", write(other[1], "x", 1));
}

static void *wait_for_signals(void *argument) {
  const sigset_t *set = argument;
  for (int i = 0, number; i < 2; i++) {
    sigwait(set, &number);
    printf("sigwait %d\n", number);
  }
  return NULL;
}

// These signals would end the program, if the waiting thread did not take them.
static void waited_signals(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  pthread_t thread = run(wait_for_signals, &set);
  nap();
  pthread_kill(thread, SIGUSR1);
  nap();
  kill(getpid(), SIGTERM);
  pthread_join(thread, NULL);
}

static void masks(void) {
  sigset_t none;
  struct timespec time = {5, 0};
  sigemptyset(&none);
  signal(SIGUSR1, handle);
  raise(SIGUSR1);
  report("blocked", 0);
  report("sigsuspend", sigsuspend(&none));
  raise(SIGUSR1);
  struct pollfd ready = {other[1], POLLOUT, 0}, waits = {ends[0], POLLIN, 0};
  report("ppoll of a ready file", ppoll(&ready, 1, &time, &none));
  report("ppoll", ppoll(&waits, 1, &time, &none));
  report("ppoll without a signal", ppoll(&waits, 1, &(struct timespec){0, 1000000}, &none));
}

static void deadline(void) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
  struct timespec end;
  clock_gettime(CLOCK_REALTIME, &end);
  end.tv_sec += (end.tv_nsec + 20000000) / 1000000000;
  end.tv_nsec = (end.tv_nsec + 20000000) % 1000000000;
  pthread_mutex_lock(&mutex);
  printf("deadline %d\n", pthread_cond_timedwait(&changed, &mutex, &end) == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);
}

static void *end_program(void *argument) {
  (void)argument;
  nap();
  exit(7);
}

int main(void) {
  char byte;
  pipes();
  events();
  interrupted_reads();
  broken_pipe();
  waited_signals();
  masks();
  deadline();
  run(end_program, NULL);
  report("never", read(ends[0], &byte, 1));
  return 1;
}
