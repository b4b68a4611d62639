// Probes of system calls: each prints a name, a result and what it read. Run natively and in a virtine, the lines agree.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void report(const char *name, long result) {
  int error = errno;
  if (result == -1) printf("%s: error %d %s\n", name, error, strerrorname_np(error));
  else printf("%s: %ld\n", name, result);
  errno = 0;
}
#define PROBE(call) (errno = 0, report(#call, (long)(call)))

#define BAD ((void *)8)

static void pointers(void) {
  struct iovec vector[2] = {{"ab", 2}, {BAD, 1}};
  struct rlimit limit;
  PROBE(read(0, BAD, 1));
  PROBE(write(1, BAD, 1));
  PROBE(syscall(SYS_writev, 2, BAD, 1));
  PROBE(syscall(SYS_writev, 99, vector, 1));
  PROBE(syscall(SYS_writev, 1, vector, -1));
  PROBE(open(BAD, O_RDONLY));
  PROBE(syscall(SYS_newfstatat, AT_FDCWD, "/", BAD, 0));
  PROBE(syscall(SYS_clock_gettime, 0, BAD));
  PROBE(syscall(SYS_getrandom, BAD, 8, 0));
  PROBE(syscall(SYS_pipe2, BAD, 0));
  PROBE(syscall(SYS_uname, BAD));
  PROBE(syscall(SYS_getcwd, BAD, 4096));
  PROBE(syscall(SYS_rt_sigaction, SIGUSR1, BAD, NULL, 8));
  PROBE(syscall(SYS_rt_sigprocmask, SIG_BLOCK, BAD, NULL, 8));
  PROBE(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, BAD, NULL));
  PROBE(syscall(SYS_nanosleep, BAD, NULL));
  PROBE(syscall(SYS_futex, BAD, 0, 0, NULL, NULL, 0));
  PROBE(syscall(SYS_readlinkat, AT_FDCWD, "/", BAD, 10));
  PROBE(getrlimit(99, &limit));
}

static void descriptors(void) {
  int ends[2];
  char byte;
  PROBE(close(99));
  PROBE(dup(-1));
  PROBE(dup2(1, -1));
  PROBE(fcntl(99, F_GETFD));
  PROBE(fcntl(1, 9999));
  PROBE(lseek(0, 0, SEEK_SET));
  PROBE(lseek(1, 0, SEEK_CUR));
  PROBE(ioctl(0, TCGETS, &byte));
  PROBE(isatty(1));
  PROBE(pipe(ends));
  PROBE(write(ends[1], "abc", 3));
  PROBE(read(ends[0], &byte, 1));
  PROBE(read(ends[1], &byte, 1));
  PROBE(write(ends[0], &byte, 1));
  PROBE(fcntl(ends[0], F_SETFL, O_NONBLOCK));
  char rest[8];
  PROBE(read(ends[0], rest, 8));
  PROBE(read(ends[0], rest, 8));
  PROBE(close(ends[1]));
  PROBE(read(ends[0], rest, 8));
  struct pollfd poll_for = {ends[0], POLLIN, 0};
  PROBE(poll(&poll_for, 1, 0));
  printf("revents %d\n", poll_for.revents);
  PROBE(close(ends[0]));
  PROBE(poll(&poll_for, 1, 0));
  printf("revents %d\n", poll_for.revents);
}

static void files(void) {
  struct stat stat;
  char text[64];
  PROBE(mkdir("d", 0755));
  PROBE(mkdir("d", 0755));
  PROBE(open("d/none", O_RDONLY));
  PROBE(open("d", O_WRONLY));
  int file = open("d/f", O_RDWR | O_CREAT | O_EXCL, 0640);
  PROBE(open("d/f", O_RDWR | O_CREAT | O_EXCL, 0640));
  PROBE(write(file, "hello", 5));
  PROBE(pread(file, text, 3, 1));
  printf("text %.3s\n", text);
  PROBE(lseek(file, 100, SEEK_SET));
  PROBE(write(file, "x", 1));
  PROBE(fstat(file, &stat));
  printf("size %ld mode %o links %lu\n", (long)stat.st_size, stat.st_mode, (unsigned long)stat.st_nlink);
  PROBE(lseek(file, -1, SEEK_SET));
  PROBE(ftruncate(file, 3));
  PROBE(ftruncate(file, -1));
  PROBE(link("d/f", "d/g"));
  PROBE(link("d", "d/h"));
  PROBE(symlink("f", "d/s"));
  PROBE(readlink("d/s", text, sizeof text));
  PROBE(readlink("d/f", text, sizeof text));
  PROBE(open("d/s", O_RDONLY | O_NOFOLLOW));
  PROBE(symlink("loop", "loop"));
  PROBE(open("loop", O_RDONLY));
  PROBE(rmdir("d"));
  PROBE(unlink("d"));
  PROBE(rename("d/f", "d"));
  PROBE(rename("d", "d/inside"));
  PROBE(rename("d/g", "d/f"));
  PROBE(chdir("d/f"));
  PROBE(access("d/f", W_OK));
  PROBE(access("d/f/x", F_OK));
  PROBE(unlink("d/f"));
  PROBE(unlink("d/g"));
  PROBE(unlink("d/s"));
  PROBE(unlink("loop"));
  PROBE(rmdir("d"));
  PROBE(write(file, "y", 1));
  PROBE(close(file));
  PROBE(syscall(SYS_getcwd, text, 1));
  PROBE(syscall(SYS_openat, 99, "x", 0));
  PROBE(open("", O_RDONLY));
}

static void memory(void) {
  char *at = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("mapped %d aligned %lu zero %d\n", at != MAP_FAILED, (unsigned long)at % 4096, at[0] | at[8192]);
  memset(at, 7, 3 * 4096);
  PROBE(madvise(at + 4096, 4096, MADV_DONTNEED));
  printf("after %d %d %d\n", at[0], at[4096], at[8192]);
  PROBE(munmap(at + 1, 4096));
  PROBE(munmap(at, 0));
  PROBE(munmap(at + 4096, 4096));
  PROBE(mprotect(at, 3 * 4096, PROT_READ));
  PROBE(madvise(at, 3 * 4096, 4711));
  PROBE((long)(mmap(at + 1, 4096, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED));
  PROBE((long)(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED));
  PROBE((long)(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED));
  char *again = mmap(at + 4096, 4096, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  printf("again %d %d\n", again == at + 4096, again[0]);
  char *other = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(other, 7, 3 * 4096);
  char *grown = mremap(other, 3 * 4096, 6 * 4096, MREMAP_MAYMOVE);
  printf("grown %d %d %d\n", grown != MAP_FAILED, grown[0], grown[5 * 4096]);
  char *first = sbrk(0), *second = sbrk(8192);
  printf("break %d zero %d\n", second == first, first[0] | first[8191]);
}

static void clocks(void) {
  struct timespec one, two, bad = {0, 1000000000}, short_time = {0, 3000000};
  PROBE(clock_gettime(99, &one));
  PROBE(nanosleep(&bad, NULL));
  clock_gettime(CLOCK_MONOTONIC, &one);
  PROBE(nanosleep(&short_time, NULL));
  clock_gettime(CLOCK_MONOTONIC, &two);
  long passed = (two.tv_sec - one.tv_sec) * 1000000000 + two.tv_nsec - one.tv_nsec;
  printf("slept %d\n", passed >= 3000000 && passed < 5000000000);
  PROBE(clock_getres(CLOCK_MONOTONIC, &one));
}

static void process(void) {
  struct utsname name;
  uint64_t random[2] = {0, 0};
  uint32_t word = 5;
  PROBE(uname(&name));
  printf("%s %s\n", name.sysname, name.machine);
  PROBE(getrandom(random, sizeof random, 0));
  printf("random %d\n", random[0] != random[1] && random[0] != 0);
  PROBE(syscall(SYS_getrandom, random, 8, 0x4711));
  PROBE(syscall(SYS_futex, &word, 0, 4, NULL, NULL, 0));
  PROBE(syscall(SYS_futex, &word, 1, 1, NULL, NULL, 0));
  PROBE(syscall(SYS_futex, (char *)&word + 1, 0, 4, NULL, NULL, 0));
  PROBE(kill(getpid(), 0));
  PROBE(kill(getpid(), 99));
  PROBE(syscall(SYS_rt_sigaction, 99, NULL, NULL, 8));
  PROBE(syscall(SYS_rt_sigaction, SIGKILL, &(struct { void *a[4]; }){{0}}, NULL, 8));
  PROBE(prctl(PR_SET_NAME, "probe"));
  PROBE(prctl(4711));
  PROBE(syscall(SYS_sched_yield));
  PROBE(syscall(999));
  printf("page %lu ticks %lu name %s stack %lu\n", getauxval(AT_PAGESZ), getauxval(AT_CLKTCK),
         strrchr((char *)getauxval(AT_EXECFN), '/') != NULL ? "absolute" : "relative",
         (unsigned long)__builtin_frame_address(0) % 16);
  printf("uid %lu secure %lu random %d\n", getauxval(AT_UID) - getuid(), getauxval(AT_SECURE),
         getauxval(AT_RANDOM) != 0);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGPIPE, SIG_IGN);
  pointers();
  descriptors();
  files();
  memory();
  clocks();
  process();
  return 0;
}
