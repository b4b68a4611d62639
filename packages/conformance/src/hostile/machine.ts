/** Machine code that attacks its memory, its runtime and its processor. */
import type { ErrorCode } from '@colony/core';
import {
  BOUNDS,
  CPU,
  DEADLINE,
  FRESH,
  MEMORY_LIMIT,
  OWN_RUNTIME,
  PAGES,
  POLICY,
  STACK,
  type Stops,
} from './barriers.js';
import { anything, CRASH, only, type Scenario, THROWN, TIME } from './scenario.js';

const native = (
  name: string,
  origin: string,
  stops: Stops,
  program: string,
  more: Partial<Scenario> = {},
): Scenario => ({
  name,
  origin,
  stops,
  kind: 'native',
  program: `#include <colony/virtine.h>\n#include <stdlib.h>\n#include <string.h>\n${program}\nCOLONY_EXPORT(int, attack);`,
  codes: CRASH,
  limits: { wallTime: 2000, cpuTime: 2000 },
  ...more,
});

/**
 * The code neither returns nor calls the host. It ends at the end of its memory, or on a slow machine at its deadline.
 */
const AT_THE_END_OF_MEMORY: readonly ErrorCode[] = ['ERR_GUEST_FAULT', 'ERR_GUEST_TRAP', ...TIME];

/** An instruction that only machines have; Wasm has no equivalent. */
const instruction = (name: string, origin: string, assembly: string, more: Partial<Scenario> = {}): Scenario =>
  native(name, origin, CPU, `int attack(void) { ${assembly} return 1; }`, more);

export const machine: readonly Scenario[] = [
  native(
    'write everywhere until something fails',
    'linear overflow: libpng, libwebp CVE-2023-4863 and their kind',
    OWN_RUNTIME,
    `static char start[16]; int attack(void) { for (volatile char *at = start;; at++) *at = 0x41; }`,
    { codes: AT_THE_END_OF_MEMORY },
  ),
  native(
    'write backwards over the stack and what lies below',
    'stack clash: CVE-2017-1000364',
    OWN_RUNTIME,
    `int attack(void) { volatile char here[16]; for (volatile char *at = here + 15;; at--) *at = 0x42; }`,
    { codes: AT_THE_END_OF_MEMORY },
  ),
  native(
    'a frame on the stack larger than its guard',
    'stack clash: CVE-2017-1000364',
    STACK,
    `__attribute__((noinline)) static int deep(int n) { volatile char big[3 << 16]; big[0] = (char)n; big[sizeof big - 1] = 1; return n == 0 ? big[0] : deep(n - 1) + big[0]; } int attack(void) { return deep(100000); }`,
    { codes: [...CRASH, 'ERR_LIMIT_MEMORY'] },
  ),
  native(
    'free freed memory, and memory that was never allocated',
    'heap corruption: use after free and double free',
    OWN_RUNTIME,
    `int attack(void) { char *volatile p = malloc(100); free(p); free(p); memset(p, 0xff, 100); char *volatile q = malloc(100); free(q + 8); free((void *)16); for (int i = 0; i < 1000; i++) free(malloc((size_t)i * 13)); return 1; }`,
    { value: anything, codes: [...CRASH, ...TIME, 'ERR_LIMIT_MEMORY'] },
  ),
  native(
    'sizes that wrap in malloc, calloc and realloc',
    'integer overflow in allocators: BadAlloc (2021)',
    MEMORY_LIMIT,
    `int attack(void) { void *volatile a = malloc((size_t)-1); void *volatile b = calloc((size_t)-1 / 2, 4); void *volatile c = realloc(malloc(8), (size_t)-16); return (a != NULL) + (b != NULL) + (c != NULL); }`,
    { value: only(0), codes: [...CRASH, 'ERR_LIMIT_MEMORY'] },
  ),
  native(
    'jump to data, to the stack and to unmapped memory',
    'return-oriented programming and shellcode',
    { ...PAGES, wasm: 'a function pointer is an index of a typed table' },
    `static unsigned char code[] = {0xb8, 1, 0, 0, 0, 0xc3}; int attack(void) { int (*volatile f)(void) = (int (*)(void))(size_t)code; return f(); }`,
  ),
  native(
    'call a function by a pointer of another type',
    'type confusion through casts',
    { ...OWN_RUNTIME, wasm: 'V8 checks the type of each indirect call' },
    `static double other(double a, int b, double c) { return a * b + c; } int attack(void) { int (*volatile f)(int) = (int (*)(int))(size_t)other; return f(5) & 0; }`,
    { value: anything },
  ),
  native(
    'hypercalls with the names of the built-in ones',
    'Wasp: an unset policy allows all',
    POLICY,
    `int attack(void) { static const char *const names[] = {"colony:fs.read", "colony:env", "colony:fetch", "colony:random", "colony:clock", "colony:x", "__proto__", "constructor"}; int allowed = 0; for (int i = 0; i < 8; i++) { bool failed = false; colony_value path = {.kind = COLONY_STRING, .bytes = colony_bytes_of("/etc/passwd", 11)}; colony_call_values(names[i], &failed, &path, 1); allowed += !failed; } return allowed; }`,
    { value: only(0) },
  ),
  native(
    'a hypercall name of four megabytes, and one without an end',
    'Wasp: lengths of the guest taken at their word',
    OWN_RUNTIME,
    `int attack(void) { size_t n = 4 << 20; char *name = malloc(n + 1); memset(name, 'x', n); name[n] = 0; bool failed = false; colony_value one = {.kind = COLONY_INTEGER, .integer = 1}; colony_call_values(name, &failed, &one, 1); return failed ? 1 : 0; }`,
    {
      value: only(1),
      codes: [...CRASH, 'ERR_LIMIT_OUTPUT', 'ERR_POLICY_DENIED', 'ERR_LIMIT_MEMORY'],
      limits: { output: '1 MiB', wallTime: 2000 },
    },
  ),
  native(
    'secrets of the last call in memory that was never written',
    'Wasmtime CVE-2022-39393: data left between instances of a pool',
    FRESH,
    `int attack(void) { volatile unsigned char *p = malloc(1 << 20); int found = 0; for (int i = 0; i < 1 << 20; i++) { found += p[i] == 0xc5; p[i] = 0xc5; } return found; }`,
    { value: only(0), times: 4 },
  ),
  native(
    'a loop with all signals in mind',
    'nsjail, firejail: a guest that ignores SIGTERM',
    DEADLINE,
    `int attack(void) { for (volatile int i = 0;; i++) if (i < 0) i = 0; }`,
    { codes: TIME, limits: { wallTime: 150 } },
  ),
  native(
    'own threads: atomics without end',
    'spin locks that stay closed',
    DEADLINE,
    `static volatile int lock = 1; int attack(void) { while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE) != 0) {} return 0; }`,
    { codes: [...TIME, 'ERR_COMPILE', 'ERR_UNSUPPORTED'], limits: { wallTime: 150 } },
  ),
  native(
    'a constructor that loops',
    'code before main that no timeout covers',
    DEADLINE,
    `__attribute__((constructor)) static void first(void) { for (;;) __asm__ volatile(""); } int attack(void) { return 1; }`,
    { atStart: true, codes: TIME, limits: { startTime: 300 } },
  ),
  native(
    'a constructor that asks the host',
    'side effects while a program is loaded',
    POLICY,
    `__attribute__((constructor)) static void first(void) { colony_call("secret", 1); } int attack(void) { return 1; }`,
    { atStart: true, codes: [...CRASH, ...THROWN, 'ERR_POLICY_DENIED'] },
  ),
  native(
    'read addresses where the host could be',
    'HTTP.sys to Heartbleed: reads beyond a buffer (CVE-2014-0160)',
    BOUNDS,
    `int attack(void) { static char small[16]; volatile unsigned sum = 0; for (volatile char *at = small;; at += 4096) sum += (unsigned)*at; }`,
    { codes: [...CRASH, ...TIME] },
  ),
  instruction('halt the processor', 'privileged instructions at a lower ring', '__asm__ volatile("hlt");'),
  instruction(
    'ports of the machine',
    'Firecracker, QEMU: device emulation (VENOM CVE-2015-3456)',
    '__asm__ volatile("outb %%al, $0x64" : : "a"(0xfe)); __asm__ volatile("outb %%al, $0x80" : : "a"(0));',
  ),
  instruction(
    'model-specific registers',
    'Hyperlight: MSRs that survived a reset',
    '__asm__ volatile("rdmsr" : : "c"(0x1b) : "eax", "edx");',
  ),
  instruction(
    'control registers and descriptor tables',
    'KVM CVE-2010-0298: privileged accesses from user mode',
    '__asm__ volatile("mov %%cr3, %%rax" : : : "rax");',
  ),
  instruction(
    'the trap flag',
    'KVM and ptrace: single-step traps that go to the host (CVE-2018-1087, CVE-2018-8897)',
    '__asm__ volatile("pushfq\\n\\torq $0x100, (%%rsp)\\n\\tpopfq\\n\\tnop\\n\\tnop" : : : "memory", "cc");',
    { value: anything },
  ),
  instruction(
    'an undefined instruction behind each other one',
    'instruction emulators: CVE-2016-8630 (KVM x86 emulator)',
    '__asm__ volatile(".byte 0x0f, 0x0b");',
  ),
  instruction(
    'far jumps and segment registers',
    'CVE-2014-9322 (BadIRET): segment faults',
    'unsigned short s = 0x23; __asm__ volatile("mov %0, %%ss" : : "r"(s)); __asm__ volatile("int $0x3");',
  ),
  instruction(
    'hypercalls of the hypervisor below',
    'Xen and KVM: vmcall from user mode',
    '__asm__ volatile("vmcall" : : "a"(0) : "memory");',
    { codes: [...CRASH, ...TIME], value: anything, limits: { wallTime: 200 } },
  ),
  instruction(
    'the direction flag, the alignment check and strange rounding, left set',
    'ABI state that leaks into the next call: "A Tale of Two Worlds" (2019), Hyperlight',
    '__asm__ volatile("std\\n\\tpushfq\\n\\torq $0x40000, (%%rsp)\\n\\tpopfq" : : : "memory", "cc"); unsigned m = 0x7f80; __asm__ volatile("ldmxcsr %0" : : "m"(m));',
    { value: anything, codes: [...CRASH, ...THROWN, 'ERR_LIMIT_OUTPUT'] },
  ),
];
