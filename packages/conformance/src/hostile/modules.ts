/** WebAssembly modules and components that attack their reader and their runtime. */
import { addComponent } from '../programs/component.js';
import { assemble } from '../programs/wat.js';
import {
  BOUNDS,
  CODEC,
  COUNTED,
  DEADLINE,
  FEATURES,
  FRESH,
  IMPORTS,
  MEMORY_LIMIT,
  PARSER,
  STACK,
  type Stops,
  TYPES,
} from './barriers.js';
import { anything, only, type Scenario, THROWN, TIME } from './scenario.js';

const TRAP = ['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'] as const;
/** The codes for an invalid module, or for one that Colony does not support. */
const REFUSED = ['ERR_COMPILE', 'ERR_UNSUPPORTED'] as const;

const wasm = (
  name: string,
  origin: string,
  stops: Stops,
  program: Scenario['program'],
  more: Partial<Scenario> = {},
): Scenario => ({
  name,
  origin,
  stops,
  kind: 'wasm',
  program,
  codes: TRAP,
  limits: { wallTime: 2000, cpuTime: 2000 },
  ...more,
});

/** A module that is refused, or accepted and harmless: the attack is on its reader. */
const reading = (
  name: string,
  origin: string,
  stops: Stops,
  program: Scenario['program'],
  more: Partial<Scenario> = {},
): Scenario =>
  wasm(name, origin, stops, program, {
    atStart: true,
    codes: [...REFUSED, ...TRAP, ...TIME, 'ERR_LIMIT_MEMORY'],
    value: anything,
    limits: { startTime: 5000 },
    ...more,
  });

const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(Math.floor(value / 128))];
const HEAD = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const bytes = (...parts: readonly (readonly number[] | Uint8Array)[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts.map((part) => Uint8Array.from(part))));
const section = (id: number, body: Uint8Array): Uint8Array => bytes([id, ...leb(body.length)], body);

/** Pseudo-random bytes, the same in each run. */
function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const attack = (body: string, rest = '') => `${rest} (func (export "attack") (result i32) ${body})`;
const MEMORY = '(memory 1)';

const running: readonly Scenario[] = [
  wasm(
    'a load beyond four gigabytes, by its offset',
    'Wasmtime CVE-2023-26489: effective addresses',
    BOUNDS,
    attack('(i32.load offset=0xfffffff0 (i32.const -1))', MEMORY),
  ),
  wasm(
    'a shifted index in an address',
    'Wasmtime CVE-2023-26489: 35 bits of an address',
    BOUNDS,
    attack(
      '(i32.load offset=16 (i32.shl (i32.add (i32.const 0x1fffffff) (i32.const 0x10000001)) (i32.const 3)))',
      `${MEMORY} (func $n (result i32) (i32.const 1))`,
    ),
    { value: anything },
  ),
  wasm(
    'stores at both ends of the memory',
    'Wasmtime CVE-2022-39392: a memory of no pages',
    BOUNDS,
    attack('(i64.store (i32.const 0) (i64.const -1)) (i32.const 1)', '(memory 0)'),
  ),
  wasm(
    'unaligned accesses over the end',
    'Cranelift: bounds checks of wide accesses',
    BOUNDS,
    attack('(drop (i64.load (i32.const 65529))) (i32.const 1)', MEMORY),
  ),
  wasm(
    'memory that is never enough',
    "decompression bombs; V8: `maximum` of the guest's choice",
    MEMORY_LIMIT,
    attack('(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (i32.const 1)', MEMORY),
    { codes: ['ERR_LIMIT_MEMORY', ...TRAP, ...TIME], value: anything, limits: { memory: '16 MiB', wallTime: 4000 } },
  ),
  wasm(
    'all memory at once, again and again',
    'grow by 65535 pages',
    MEMORY_LIMIT,
    attack('(loop $l (drop (memory.grow (i32.const 65535))) (br $l)) (i32.const 1)', MEMORY),
    { codes: ['ERR_LIMIT_MEMORY', ...TIME], limits: { memory: '16 MiB', wallTime: 500 } },
  ),
  wasm(
    'a table that is never large enough',
    'Wasmtime: limits for memories but not for tables',
    MEMORY_LIMIT,
    attack(
      '(loop $l (br_if $l (i32.ne (table.grow 0 (ref.null func) (i32.const 100000)) (i32.const -1)))) (i32.const 1)',
      '(table 1 funcref)',
    ),
    { codes: ['ERR_LIMIT_MEMORY', ...TRAP, ...TIME, ...REFUSED], value: anything },
  ),
  wasm(
    'an indirect call of another type',
    'Lucet, V8 CVE-2024-2887: type confusion',
    TYPES,
    attack(
      '(call_indirect (param i64 f64) (result i32) (i64.const -1) (f64.const 1) (i32.const 0))',
      '(table 2 funcref) (elem (i32.const 0) $f) (func $f (result i32) (i32.const 1))',
    ),
  ),
  wasm(
    'indirect calls of nothing and beyond the table',
    'Wasmtime CVE-2021-39216: references',
    TYPES,
    attack('(call_indirect (result i32) (i32.const -2))', '(table 2 funcref)'),
  ),
  wasm(
    'calls without end',
    'engines without a stack limit: overflow in the host',
    STACK,
    attack(
      '(call $f (i32.const 1))',
      '(func $f (param i32) (result i32) (i32.shr_u (i32.add (i32.mul (call $f (local.get 0)) (i32.const 2)) (i32.const 2)) (i32.const 1)))',
    ),
  ),
  wasm('calls without end through a table, with large frames', 'guard pages that a frame jumps over', STACK, () =>
    assemble(
      `(module ${attack('(call_indirect (param i64) (result i32) (i64.const 1) (i32.const 0))', `(table 1 funcref) (elem (i32.const 0) $f) (func $f (param i64) (result i32) ${'(local i64 i64 i64 i64 i64 i64 i64 i64)'.repeat(50)} (i32.add (i32.const 1) (call_indirect (param i64) (result i32) (i64.add (local.get 0) (i64.const 1)) (i32.const 0))))`)} (func (export "alive") (result i32) (i32.const 42)))`,
    ),
  ),
  wasm(
    'a loop of Wasm without end',
    'Extism js-sdk #74; V8 has no fuel',
    DEADLINE,
    attack('(loop $l (br $l)) (i32.const 1)'),
    {
      codes: TIME,
      limits: { wallTime: 150 },
    },
  ),
  wasm(
    'a loop without a branch back: recursion that always ends',
    'fuel that counts loops only',
    DEADLINE,
    attack(
      '(call $f (i32.const 60))',
      '(func $f (param i32) (result i32) (if (result i32) (i32.eqz (local.get 0)) (then (i32.const 1)) (else (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))))',
    ),
    { codes: TIME, limits: { wallTime: 150 } },
  ),
  wasm(
    'one instruction that takes long: fill and copy',
    'bulk instructions between two checks of the clock',
    DEADLINE,
    attack(
      '(loop $l (memory.fill (i32.const 0) (i32.const 7) (i32.const 16000000)) (memory.copy (i32.const 8) (i32.const 0) (i32.const 15000000)) (br $l)) (i32.const 1)',
      '(memory 256)',
    ),
    { codes: [...TIME, 'ERR_LIMIT_MEMORY'], limits: { wallTime: 200, memory: '24 MiB' } },
  ),
  wasm(
    'fill, copy and init that wrap around',
    'Wasmtime, wasm2c: ranges checked with 32 bits',
    BOUNDS,
    attack('(memory.copy (i32.const 65535) (i32.const 0) (i32.const -1)) (i32.const 1)', MEMORY),
  ),
  wasm(
    'numbers that do not fit',
    'undefined behaviour in the compiled C: division and truncation',
    BOUNDS,
    attack('(i32.trunc_f64_s (f64.const nan))'),
  ),
  wasm(
    'the least number by minus one',
    'SIGFPE in the host',
    BOUNDS,
    attack('(i32.wrap_i64 (i64.div_s (i64.const -9223372036854775808) (i64.const -1)))'),
  ),
  wasm(
    'secrets of the last call in memory, globals and tables',
    'Wasmtime CVE-2022-39393: pooled instances',
    FRESH,
    attack(
      '(i32.add (i32.add (i32.load (i32.const 60000)) (global.get $g)) (i32.eqz (ref.is_null (table.get 0 (i32.const 1))))) (i32.store (i32.const 60000) (i32.const 99)) (global.set $g (i32.const 77)) (table.set 0 (i32.const 1) (ref.func $f)) (drop (memory.grow (i32.const 1)))',
      `${MEMORY} (table 2 funcref) (elem (i32.const 0) $f) (global $g (mut i32) (i32.const 0)) (func $f)`,
    ),
    { value: only(0), times: 4 },
  ),
  wasm(
    'a storm of hypercalls from Wasm',
    'host functions without a budget',
    COUNTED,
    attack('(loop $l (drop (call $note)) (br $l)) (i32.const 1)', '(import "host" "note" (func $note (result i32)))'),
    {
      hypercalls: () => ({ 'host.note': () => 1 }),
      codes: ['ERR_LIMIT_HYPERCALLS', ...TIME],
      limits: { hypercalls: 500, wallTime: 3000 },
    },
  ),
  wasm(
    'memory that grows while a host function is asked',
    'detached views in glue code: wasm-bindgen, jco',
    CODEC,
    attack(
      '(drop (call $note)) (drop (memory.grow (i32.const 4))) (drop (call $note)) (i32.store (i32.const 131072) (i32.const 5)) (i32.add (i32.load (i32.const 131072)) (call $note))',
      `(import "host" "note" (func $note (result i32))) ${MEMORY}`,
    ),
    { hypercalls: () => ({ 'host.note': async () => 1 }), value: only(6) },
  ),
  wasm(
    'answers that are not numbers',
    'ToInt32 of a host object: valueOf in the glue',
    CODEC,
    attack('(i32.wrap_i64 (call $note))', '(import "host" "note" (func $note (result i64)))'),
    // A function is refused when the host's answer is encoded, before any glue could call it.
    { hypercalls: () => ({ 'host.note': () => ({ valueOf: () => 1 }) }), codes: [...THROWN, 'ERR_NOT_SERIALIZABLE'] },
  ),
];

const importing: readonly Scenario[] = [
  wasm(
    "imports with the built-in hypercalls' names",
    'WASI: capabilities by the name of an import',
    IMPORTS,
    attack('(call $read (i32.const 0))', '(import "colony:fs" "read" (func $read (param i32) (result i32)))'),
    { codes: ['ERR_POLICY_DENIED', ...THROWN, ...REFUSED] },
  ),
  wasm(
    "imports of the runtime's own doors",
    'guests that talk to the embedder below the policy',
    IMPORTS,
    attack(
      '(i32.wrap_i64 (call $door (i32.const 2) (i32.const 0) (i32.const 8) (i32.const 0) (i32.const 8)))',
      `(import "colony" "hypercall" (func $door (param i32 i32 i32 i32 i32) (result i64))) ${MEMORY}`,
    ),
    { codes: ['ERR_POLICY_DENIED', ...THROWN, ...REFUSED] },
  ),
  wasm(
    'imports of WASI, preview 1',
    'Node `node:wasi`, Wasmer CVE-2023-51661: ambient file systems',
    IMPORTS,
    attack(
      '(call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0) (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8))',
      `(import "wasi_snapshot_preview1" "path_open" (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32))) ${MEMORY}`,
    ),
    { codes: ['ERR_POLICY_DENIED', ...THROWN, ...REFUSED] },
  ),
  wasm(
    'imports named after properties of every object',
    'imports looked up on an object with a prototype',
    IMPORTS,
    attack(
      '(call $a)',
      '(import "__proto__" "constructor" (func $a (result i32))) (import "constructor" "prototype" (func $b)) (import "toString" "valueOf" (func $c))',
    ),
    { codes: ['ERR_POLICY_DENIED', ...THROWN, ...REFUSED] },
  ),
  wasm(
    'a start function that asks the host',
    'side effects while a program is loaded',
    IMPORTS,
    attack('(i32.const 1)', '(import "host" "secret" (func $secret)) (func $start (call $secret)) (start $start)'),
    // Hypercalls are not served before the first call, so a request breaks the protocol.
    { atStart: true, codes: ['ERR_POLICY_DENIED', 'ERR_GUEST_PROTOCOL', ...THROWN, ...TRAP] },
  ),
  wasm(
    'exports named after properties of every object',
    'exports looked up on an object with a prototype',
    CODEC,
    attack(
      '(i32.const 1)',
      '(func (export "__proto__") (result i32) (i32.const 2)) (func (export "constructor") (result i32) (i32.const 3)) (func (export "then") (result i32) (i32.const 4)) (func (export "hasOwnProperty"))',
    ),
    { value: only(1), codes: REFUSED },
  ),
  reading(
    'imports of a memory, a table and a global',
    'a memory that is shared with the host',
    FEATURES,
    `${attack('(i32.const 1)')} (import "host" "memory" (memory 1))`.replace(/^(.*)( \(import.*)$/, '$2 $1'),
    { codes: REFUSED },
  ),
];

const features: readonly Scenario[] = [
  reading(
    'shared memory and atomics',
    'Spectre and TOCTOU need shared memory',
    FEATURES,
    attack('(memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))', '(memory 1 1 shared)'),
    { codes: REFUSED },
  ),
  reading(
    "exceptions that could catch the host's",
    'V8: traps and JS exceptions in catch_all',
    FEATURES,
    attack('(try (result i32) (do (call $f) (i32.const 1)) (catch_all (i32.const 2)))', '(func $f unreachable)'),
    { codes: REFUSED },
  ),
  reading(
    'a memory of 64 bits',
    'Wasmtime: bounds checks of 64-bit addresses bounds checks',
    FEATURES,
    attack('(i32.load (i64.const 0x7fffffffffffffff))', '(memory i64 1)'),
    { codes: REFUSED },
  ),
  reading(
    'tail calls',
    'fuel that counts no tail calls',
    FEATURES,
    attack('(return_call $f)', '(func $f (result i32) (return_call $f))'),
    { codes: REFUSED },
  ),
  reading(
    'a memory that starts beyond the limit',
    'limits that growth has and the start has not',
    MEMORY_LIMIT,
    attack('(i32.const 1)', '(memory 4096)'),
    { codes: ['ERR_LIMIT_MEMORY', ...REFUSED], limits: { memory: '16 MiB' } },
  ),
  reading(
    'data and elements beyond their ends',
    'instantiation that fails half way',
    BOUNDS,
    attack(
      '(i32.const 1)',
      '(memory 1) (data (i32.const 65530) "0123456789") (table 1 funcref) (elem (i32.const 1) $f) (func $f)',
    ),
    { codes: [...REFUSED, ...TRAP] },
  ),
  reading(
    'a start function that loops',
    'sandboxes whose timeout covers calls only',
    DEADLINE,
    attack('(i32.const 1)', '(func $s (loop $l (br $l))) (start $s)'),
    { codes: TIME, limits: { startTime: 300 } },
  ),
];

const parsing: readonly Scenario[] = [
  reading('noise after a valid head', 'fuzzing: wabt CVE-2022-43281 and many', PARSER, () => bytes(HEAD, noise(4096)), {
    codes: REFUSED,
  }),
  reading(
    'a module that ends too early',
    'wabt CVE-2022-43280: reads beyond the end',
    PARSER,
    async () => (await assemble(`(module ${attack('(i32.const 1)', MEMORY)})`)).subarray(0, -9),
    { codes: REFUSED },
  ),
  reading(
    'sections with lengths of four gigabytes',
    'integer overflow in section lengths',
    PARSER,
    () => bytes(HEAD, [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0x60, 0, 0]),
    { codes: REFUSED },
  ),
  reading(
    'counts of four thousand million',
    'allocation by a count that is not there',
    PARSER,
    () => bytes(HEAD, section(1, Uint8Array.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x60, 0, 0]))),
    { codes: REFUSED },
  ),
  reading(
    'numbers that do not end',
    'LEB128 of a hundred bytes',
    PARSER,
    () => bytes(HEAD, [1], new Uint8Array(100).fill(0x80), [0]),
    { codes: REFUSED },
  ),
  reading(
    'a function with fifty million locals',
    'decompression bomb: five bytes that mean gigabytes',
    PARSER,
    () =>
      bytes(
        HEAD,
        section(1, Uint8Array.from([1, 0x60, 0, 0])),
        section(3, Uint8Array.from([1, 0])),
        section(10, bytes([1, ...leb(8), 1, ...leb(50_000_000), 0x7e, 0x0b])),
      ),
    { codes: REFUSED },
  ),
  reading('blocks nested twenty thousand deep', 'recursive descent: wabt, wasm2c, binaryen, V8', PARSER, () => {
    const depth = 20_000;
    const body = bytes(
      [0],
      new Uint8Array(2 * depth).map((_, i) => (i % 2 === 0 ? 0x02 : 0x40)),
      new Uint8Array(depth + 1).fill(0x0b),
    );
    return bytes(
      HEAD,
      section(1, Uint8Array.from([1, 0x60, 0, 0])),
      section(3, Uint8Array.from([1, 0])),
      section(10, bytes([1, ...leb(body.length)], body)),
    );
  }),
  reading('a branch table of sixty thousand targets', 'quadratic compilers', PARSER, () => {
    const body = bytes([0, 0x41, 0, 0x0e, ...leb(60_000)], new Uint8Array(60_001), [0x0b]);
    return bytes(
      HEAD,
      section(1, Uint8Array.from([1, 0x60, 0, 0])),
      section(3, Uint8Array.from([1, 0])),
      section(10, bytes([1, ...leb(body.length)], body)),
    );
  }),
  reading('a custom section of eight megabytes', 'what is skipped is still copied', PARSER, async () =>
    bytes(await assemble(`(module ${attack('(i32.const 1)')})`), section(0, bytes([1, 0x78], new Uint8Array(8 << 20)))),
  ),
  reading(
    'names that are no text, and drive a terminal',
    'terminal escapes in error messages: CVE-2003-0063',
    PARSER,
    () =>
      assemble(
        '(module (import "\\1b[2J\\1b]0;owned\\07" "\\0d\\0a\\1b[31m" (func $a)) (func (export "attack\\1b[0m") (call $a)))',
      ),
  ),
  reading('a name of a megabyte', 'names copied into generated code', PARSER, () =>
    assemble(`(module (func (export "${'n'.repeat(1 << 20)}")))`),
  ),
  reading('names that are code', 'code injection into generated C and JavaScript: emscripten, jco glue', PARSER, () =>
    assemble(
      `(module (import "*/ } system(\\22id\\22); /*" "'); process.exit(7); ('" (func $a)) (func (export "${'`); process.exit(7); (`'}") (call $a)) (func (export "\\\\\\22 \\3b}#include </etc/passwd>")))`,
    ),
  ),
  reading('a thousand imports and exports', 'tables by their square', PARSER, () =>
    assemble(
      `(module ${Array.from({ length: 1000 }, (_, i) => `(import "m" "f${i}" (func))`).join('')} ${Array.from({ length: 1000 }, (_, i) => `(export "e${i}" (func ${i}))`).join('')})`,
    ),
  ),
  reading(
    'types that cannot cross',
    'glue that converts what it does not know',
    FEATURES,
    () =>
      assemble('(module (func (export "attack") (param externref v128) (result i32 i32) (i32.const 1) (i32.const 2)))'),
    { codes: REFUSED },
  ),
];

const component = (name: string, origin: string, program: () => Uint8Array | Promise<Uint8Array>): Scenario => ({
  name,
  origin,
  stops: {
    wasm: 'the transpiler runs in a jailed process with limits or refuses; what comes out is run like any module',
  },
  kind: 'component',
  program,
  atStart: true,
  codes: [...REFUSED, ...TRAP, ...TIME, 'ERR_LIMIT_MEMORY', 'ERR_POLICY_DENIED'],
  value: anything,
  limits: { startTime: 10_000 },
});

const COMPONENT_HEAD = [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0];
async function addBytes(): Promise<Uint8Array> {
  const { resolved } = await addComponent();
  return resolved.kind === 'component' ? resolved.component : new Uint8Array();
}

const components: readonly Scenario[] = [
  component('an empty component', 'transpilers at their edges', () => bytes(COMPONENT_HEAD)),
  component('a component of noise', 'fuzzing: wasm-tools, Wasmtime RUSTSEC-2026-0085', () =>
    bytes(COMPONENT_HEAD, noise(4096, 7)),
  ),
  component('a component that ends too early', 'wasm-tools: reads beyond the end', async () =>
    (await addBytes()).subarray(0, -5),
  ),
  component('a component with one bit turned', 'fuzzing: wasm-tools', async () => {
    const damaged = Uint8Array.from(await addBytes());
    damaged[damaged.length - 12]! ^= 0x10;
    return damaged;
  }),
  component('components within components, two thousand deep', 'recursive descent: wasm-tools, jco', () => {
    let inner: Uint8Array = bytes(COMPONENT_HEAD);
    for (let depth = 0; depth < 2000; depth++) inner = bytes(COMPONENT_HEAD, section(4, inner));
    return inner;
  }),
  component(
    'a component whose export is named like code',
    'code injection into generated JavaScript: jco',
    async () => {
      const text = Buffer.from(await addBytes());
      return new Uint8Array(Buffer.from(text.toString('latin1').replaceAll('add', '`);'), 'latin1'));
    },
  ),
];

export const modules: readonly Scenario[] = [...running, ...importing, ...features, ...parsing, ...components];
