// Signals: faults that a handler leaves by siglongjmp or mends, alternate stacks, masks, SA_RESETHAND.
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

static sigjmp_buf before;
static volatile int count;
static char alternate[65536];

static void on_fault(int signal, siginfo_t *info, void *context) {
  (void)context;
  char here;
  int on_alternate = &here >= alternate && &here < alternate + sizeof alternate;
  printf("fault %d code %d at %p alternate %d\n", signal, info->si_code, info->si_addr, on_alternate);
  siglongjmp(before, 1);
}

static void on_user(int signal, siginfo_t *info, void *context) {
  (void)context;
  count++;
  printf("signal %d code %d\n", signal, info->si_code);
  if (count == 1) raise(SIGUSR2);
}

static void on_illegal(int signal, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  printf("illegal %d here %d\n", signal, info->si_addr == (void *)registers[REG_RIP]);
  registers[REG_RIP] += 2;
  registers[REG_RBX] = 77;
}

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags) {
  struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};
  sigaction(signal, &action, NULL);
}

static void masks(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  sigset_t pending;
  sigpending(&pending);
  printf("blocked %d pending %d\n", count, sigismember(&pending, SIGUSR1));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  printf("unblocked %d\n", count);
}

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
  sigaltstack(&stack, NULL);
  handle(SIGSEGV, on_fault, SA_ONSTACK);
  for (volatile int i = 0; i < 3; i++)
    if (sigsetjmp(before, 1) == 0) *(volatile int *)16 = 1;
  if (sigsetjmp(before, 1) == 0) ((void (*)(void))0)();
  handle(SIGUSR1, on_user, 0);
  handle(SIGUSR2, on_user, 0);
  raise(SIGUSR1);
  masks();
  handle(SIGILL, on_illegal, 0);
  double x = 1.5;
  long rbx;
  __asm__ volatile("mov $5, %%rbx; movsd %1, %%xmm7; ud2; mov %%rbx, %0; movsd %%xmm7, %1"
                   : "=r"(rbx), "+m"(x)
                   :
                   : "rbx", "xmm7");
  printf("rbx %ld x %g\n", rbx, x);
  handle(SIGUSR2, on_user, SA_RESETHAND);
  raise(SIGUSR2);
  struct sigaction now;
  sigaction(SIGUSR2, NULL, &now);
  printf("reset %d\n", now.sa_handler == SIG_DFL);
  abort();
}
