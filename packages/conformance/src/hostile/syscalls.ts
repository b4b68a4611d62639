/** Machine code that makes system calls: every call that is known from escapes of process sandboxes. x86-64 Linux. */
import { CHANNEL, PAGES, PROCESS_END, type Stops, SYSCALL, SYSCALL_AND_JAIL } from './barriers.js';
import { anything, CRASH, refused, type Scenario, TIME } from './scenario.js';

const PRELUDE = `#include <colony/virtine.h>
#include <string.h>
static long sys(long n, long a, long b, long c, long d, long e, long f) {
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return n;
}
`;

/** A scenario with the body of `int64_t attack(void)`. */
const native = (name: string, origin: string, stops: Stops, body: string, more: Partial<Scenario> = {}): Scenario => ({
  name,
  origin,
  stops,
  kind: 'native',
  program: `${PRELUDE}int64_t attack(void) { ${body} }\nCOLONY_EXPORT(int64_t, attack);`,
  codes: CRASH,
  value: refused,
  limits: { wallTime: 2000, cpuTime: 2000 },
  ...more,
});

/** Several similar calls; the scenario reports the least negative result, so that a success shows. */
const similarCalls = (
  name: string,
  origin: string,
  calls: readonly string[],
  stops: Stops = SYSCALL_AND_JAIL,
): Scenario =>
  native(
    name,
    origin,
    stops,
    `static char space[4096]; (void)space; long most = -4096, r; ${calls.map((call) => `r = sys(${call}); if (r > most) most = r;`).join(' ')} return most;`,
  );

const P = (path: string) => `(long)"${path}"`;

export const syscalls: readonly Scenario[] = [
  similarCalls('open files of the host', 'any container escape ends in it; runc CVE-2024-21626', [
    `2, ${P('/etc/passwd')}, 0, 0, 0, 0, 0`,
    `257, -100, ${P('/etc/shadow')}, 0, 0, 0, 0`,
    `2, ${P('/proc/1/root/etc/passwd')}, 0, 0, 0, 0, 0`,
    `437, -100, ${P('/etc/passwd')}, (long)space, 24, 0, 0`,
    `2, ${P('/tmp/colony-escaped')}, 0x41, 0x1ff, 0, 0, 0`,
  ]),
  similarCalls('write to /proc: mem, exe, the sysrq trigger, the core pattern', 'runc CVE-2019-5736, CVE-2025-31133', [
    `2, ${P('/proc/self/mem')}, 2, 0, 0, 0, 0`,
    `2, ${P('/proc/self/exe')}, 1, 0, 0, 0, 0`,
    `2, ${P('/proc/sys/kernel/core_pattern')}, 1, 0, 0, 0, 0`,
    `2, ${P('/proc/sysrq-trigger')}, 1, 0, 0, 0, 0`,
    `2, ${P('/sys/fs/cgroup/release_agent')}, 1, 0, 0, 0, 0`,
  ]),
  similarCalls(
    'descriptors of the host through /proc/self/fd',
    'runc CVE-2024-21626: a descriptor that was left open',
    [
      `2, ${P('/proc/self/fd/7/../../etc/passwd')}, 0, 0, 0, 0, 0`,
      `80, ${P('/proc/self/fd/8')}, 0, 0, 0, 0, 0`,
      `257, 7, ${P('../../../etc/passwd')}, 0, 0, 0, 0`,
      `257, 5, ${P('.')}, 0, 0, 0, 0`,
    ],
  ),
  similarCalls('run another program', 'every sandbox with exec', [
    `59, ${P('/bin/sh')}, 0, 0, 0, 0, 0`,
    `322, -100, ${P('/proc/self/exe')}, 0, 0, 0, 0`,
    `322, 3, ${P('')}, 0, 0, 0x1000, 0`,
  ]),
  native(
    'run a program from memory',
    'memfd_create and execveat against exec filters',
    SYSCALL_AND_JAIL,
    `long fd = sys(319, (long)"x", 0, 0, 0, 0, 0); if (fd < 0) return fd; return sys(322, fd, (long)"", 0, 0, 0x1000, 0) == 0 ? 1 : fd;`,
  ),
  similarCalls('make processes and threads', 'fork bombs; clone(2) flags that escape namespaces (CVE-2022-0185)', [
    '57, 0, 0, 0, 0, 0, 0',
    '58, 0, 0, 0, 0, 0, 0',
    '56, 0x10000000, 0, 0, 0, 0, 0',
    '435, 0, 0, 0, 0, 0, 0',
  ]),
  similarCalls('new namespaces and mounts', 'CVE-2022-0185, CVE-2022-0492: unshare, then privileges within', [
    '272, 0x10000000, 0, 0, 0, 0, 0',
    '272, 0x10020000, 0, 0, 0, 0, 0',
    '308, 3, 0, 0, 0, 0, 0',
    `165, ${P('none')}, ${P('/')}, ${P('tmpfs')}, 0, 0, 0`,
    `166, ${P('/')}, 2, 0, 0, 0, 0`,
    `161, ${P('/')}, 0, 0, 0, 0, 0`,
    `155, ${P('/')}, ${P('/')}, 0, 0, 0, 0`,
  ]),
  similarCalls('files by their handles', 'Shocker: open_by_handle_at from a container', [
    `303, -100, ${P('/')}, (long)space, (long)space, 0, 0`,
    '304, -100, (long)space, 0, 0, 0, 0',
  ]),
  similarCalls('sockets', 'exfiltration; bubblewrap and sandbox-runtime: abstract sockets', [
    '41, 2, 1, 0, 0, 0, 0',
    '41, 1, 1, 0, 0, 0, 0',
    '41, 16, 3, 0, 0, 0, 0',
    '53, 1, 1, 0, (long)space, 0, 0',
    '42, 3, (long)space, 16, 0, 0, 0',
  ]),
  similarCalls('trace the parent and its siblings', 'ptrace past seccomp: CVE-2019-2054', [
    '101, 0, 0, 0, 0, 0, 0',
    '101, 16, 1, 0, 0, 0, 0',
    '101, 0x4206, 1, 0, 0, 0, 0',
    '101, 0x4206, 2, 0, 0, 0, 0',
  ]),
  similarCalls('signals to the parent and to all', 'a guest that ends its supervisor', [
    '62, 1, 9, 0, 0, 0, 0',
    '62, -1, 9, 0, 0, 0, 0',
    '62, 0, 9, 0, 0, 0, 0',
    '234, 1, 1, 9, 0, 0, 0',
    '129, 1, 9, (long)space, 0, 0, 0',
    '424, 3, 9, 0, 0, 0, 0',
  ]),
  similarCalls('the memory of other processes', 'process_vm_readv and kcmp across a sandbox', [
    '310, 1, (long)space, 1, (long)space, 1, 0',
    '311, 1, (long)space, 1, (long)space, 1, 0',
    '312, 1, 2, 0, 0, 0, 0',
    '440, 3, (long)space, 1, 20, 0, 0',
  ]),
  similarCalls('descriptors of other processes', 'pidfd_getfd: a descriptor out of the supervisor', [
    '434, 1, 0, 0, 0, 0, 0',
    '434, 2, 0, 0, 0, 0, 0',
    '438, 3, 0, 0, 0, 0, 0',
  ]),
  similarCalls('io_uring instead of system calls', 'io_uring passes by seccomp (kCTF, CVE-2022-29582)', [
    '425, 8, (long)space, 0, 0, 0, 0',
    '426, 3, 1, 0, 0, 0, 0',
    '427, 3, 0, 0, 0, 0, 0',
  ]),
  similarCalls(
    'userfaultfd, bpf, perf and keyrings',
    'kernel exploits: CVE-2021-3490 (eBPF), CVE-2016-0728 (keyrings)',
    [
      '323, 0, 0, 0, 0, 0, 0',
      '321, 0, (long)space, 64, 0, 0, 0',
      '298, (long)space, 0, -1, -1, 0, 0',
      `248, ${P('user')}, ${P('x')}, ${P('y')}, 1, -3, 0`,
      '250, 0, -3, 0, 0, 0, 0',
    ],
  ),
  similarCalls('System V shared memory and queues', 'gVisor CVE-2018-19333: shmctl', [
    '29, 1, 4096, 0x3ff, 0, 0, 0',
    '68, 1, 0x3ff, 0, 0, 0, 0',
    '64, 1, 1, 0x3ff, 0, 0, 0',
    `240, ${P('/x')}, 0x42, 0x1ff, 0, 0, 0`,
  ]),
  similarCalls('memory that can be written and executed', 'Chromium, NaCl: writable code', [
    '9, 0, 4096, 7, 0x22, -1, 0',
    '10, (long)&attack & -4096, 4096, 7, 0, 0, 0',
    '329, (long)&attack & -4096, 4096, 7, -1, 0, 0',
  ]),
  similarCalls(
    'more memory than was granted',
    'limits that the guest can move',
    [
      '9, 0, 1L << 36, 3, 0x4022, -1, 0',
      '160, 9, (long)"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f", 0, 0, 0, 0',
      '302, 0, 9, (long)"\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f", 0, 0, 0',
    ],
    {
      process: 'seccomp; rlimits cannot be raised without capabilities',
      'virtual-machine': SYSCALL['virtual-machine']!,
    },
  ),
  similarCalls('the filter itself', 'prctl: no_new_privs off, another filter, a strict mode', [
    '157, 38, 0, 0, 0, 0, 0',
    '157, 4, 1, 0, 0, 0, 0',
    '157, 22, 0, 0, 0, 0, 0',
    '317, 2, 0, 0, 0, 0, 0',
    '157, 23, 21, 0, 0, 0, 0',
  ]),
  similarCalls('another identity', 'setuid and capset in a user namespace: runc CVE-2022-29162', [
    '105, 0, 0, 0, 0, 0, 0',
    '126, (long)space, (long)space, 0, 0, 0, 0',
    '117, 0, 0, 0, 0, 0, 0',
    '116, 0, 0, 0, 0, 0, 0',
  ]),
  similarCalls(
    'system calls with the x32 bit',
    'seccomp filters that check no ABI: CVE-2009-0835',
    [`0x40000002, ${P('/etc/passwd')}, 0, 0, 0, 0, 0`, '0x40000039, 0, 0, 0, 0, 0, 0', '0x40000029, 2, 1, 0, 0, 0, 0'],
    SYSCALL,
  ),
  native(
    'system calls of 32 bits, by int 0x80',
    'seccomp filters that check no ABI: CVE-2009-0835',
    {
      'virtual-machine': 'there is no interrupt table: a fault',
      process: 'the filter checks the architecture of the call',
    },
    `long r = 11; __asm__ volatile("int $0x80" : "+a"(r) : "b"(0), "c"(0), "d"(0) : "memory", "r8", "r9", "r10", "r11"); return (int)r;`,
  ),
  native(
    'the vsyscall page',
    'vsyscall: kernel code at a fixed address, beyond seccomp',
    {
      'virtual-machine': 'nothing is mapped there',
      process: 'emulated by the kernel at most: it gives a time, and reaches nothing',
    },
    `return ((long (*)(long *))0xffffffffff600400)(0);`,
    { value: anything },
  ),
  similarCalls('terminals and devices', 'bubblewrap CVE-2017-5226: TIOCSTI', [
    '16, 0, 0x5412, (long)"x", 0, 0, 0',
    '16, 2, 0x5412, (long)"x", 0, 0, 0',
    '16, 3, 0x5452, (long)space, 0, 0, 0',
    `133, ${P('/tmp/dev')}, 0x61ff, 0x101, 0, 0, 0`,
    '173, 0, 65535, 1, 0, 0, 0',
    '172, 3, 0, 0, 0, 0, 0',
  ]),
  native(
    'timers and alarms that strike later',
    'TinyKVM: signal handlers that survived a reset',
    SYSCALL,
    `long most = -4096, r; r = sys(37, 1, 0, 0, 0, 0, 0); if (r > most) most = r; r = sys(222, 0, 0, (long)&most, 0, 0, 0); if (r > most) most = r; r = sys(13, 14, (long)&attack, 0, 8, 0, 0); if (r > most) most = r; return most;`,
  ),
  native(
    'sleep without end',
    'a thread of the host that waits for ever',
    { 'virtual-machine': SYSCALL['virtual-machine']!, process: 'seccomp, or SIGKILL by a timer of the host' },
    `static long t[2] = {1000000, 0}; for (;;) { long r = sys(35, (long)t, 0, 0, 0, 0, 0); if (r < 0) return r; r = sys(34, 0, 0, 0, 0, 0, 0); if (r < 0) return r; }`,
    { codes: [...CRASH, ...TIME], limits: { wallTime: 300 } },
  ),
  native(
    'stop itself',
    'a stopped child that is waited for without a deadline',
    PROCESS_END,
    `long pid = sys(39, 0, 0, 0, 0, 0, 0); long r = sys(62, pid, 19, 0, 0, 0, 0); if (r >= 0) for (;;); return r < 0 ? r : -1;`,
    { codes: [...CRASH, ...TIME], limits: { wallTime: 300 } },
  ),
  native(
    'end itself with success, before the result',
    'exit codes that are taken for results',
    PROCESS_END,
    `sys(231, 0, 0, 0, 0, 0, 0); sys(60, 0, 0, 0, 0, 0, 0); return -1;`,
  ),
  native(
    'kill itself with each signal',
    'supervisors that take a signal for their own',
    PROCESS_END,
    `long pid = sys(39, 0, 0, 0, 0, 0, 0); for (int s = 1; s < 32; s++) if (s != 19) sys(62, pid, s, 0, 0, 0, 0); return -1;`,
    { codes: [...CRASH, ...TIME, 'ERR_LIMIT_MEMORY'] },
  ),
  native(
    'write garbage on every descriptor',
    'IPC brokers that trust their children: Chromium, gVisor gofer',
    CHANNEL,
    `static char noise[65536]; memset(noise, 0xa5, sizeof noise); long most = -1; for (int round = 0; round < 64; round++) for (int fd = 0; fd < 32; fd++) { long r = sys(1, fd, (long)noise, sizeof noise, 0, 0, 0); if (r > most) most = r; } return -1;`,
    { codes: [...CRASH, ...TIME, 'ERR_LIMIT_OUTPUT'] },
  ),
  native(
    'a length of four gigabytes on every descriptor',
    'Wasp: the length of a snapshot taken from the guest',
    CHANNEL,
    `static unsigned char head[16] = {0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0}; for (int fd = 0; fd < 32; fd++) sys(1, fd, (long)head, 16, 0, 0, 0); return -1;`,
    { codes: [...CRASH, ...TIME, 'ERR_LIMIT_OUTPUT'] },
  ),
  native(
    'a result for another call',
    'multiplexed channels: replies by a number that the child chooses',
    CHANNEL,
    `for (unsigned call = 0; call < 64; call++) { unsigned char frame[16] = {3, 0, 0, 0, call, 0, 0, 0, 2, 0x82, 0, 0x18, 99}; for (unsigned type = 0; type < 8; type++) { frame[8] = type; for (int fd = 3; fd < 8; fd++) sys(1, fd, (long)frame, 13, 0, 0, 0); } } return -1;`,
    { codes: [...CRASH, ...TIME, 'ERR_LIMIT_OUTPUT', 'ERR_GUEST_THROWN'] },
  ),
  native(
    'read frames for others',
    'a shared channel: the frames of the next call',
    CHANNEL,
    `static char stolen[4096]; long sum = 0; for (int fd = 0; fd < 32; fd++) { if (fd == 3) continue; long r = sys(0, fd, (long)stolen, sizeof stolen, 0, 0, 0); if (r > 0) sum += r; } return sum == 0 ? -1 : sum;`,
    { codes: [...CRASH, ...TIME], limits: { wallTime: 500 } },
  ),
  native(
    'close every descriptor, or put another in its place',
    'dup2 over the channel',
    CHANNEL,
    `for (int fd = 0; fd < 64; fd++) { sys(33, 0, fd, 0, 0, 0, 0); sys(3, fd, 0, 0, 0, 0, 0); } sys(436, 0, ~0U, 0, 0, 0, 0); return -1;`,
    { codes: [...CRASH, ...TIME] },
  ),
  native(
    'its own code, rewritten',
    'self-modifying code past a verifier (NaCl)',
    PAGES,
    `*(volatile char *)(long)&attack = 0xc3; return 1;`,
  ),
];
