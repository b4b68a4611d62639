/**
 * Restoring only the pages that a guest wrote gives the same memory, byte for byte, as restoring all of it. That holds
 * whatever the guest wrote, and however it tries to hide it.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GuestState } from '../src/guest/guest.js';
import type { GuestHost } from '../src/guest/host.js';
import { Instance } from '../src/guest/instance.js';
import type { PreparedModule } from '../src/prepare/prepared.js';
import { rewrite } from '../src/prepare/rewrite.js';
import { mapAt, SPILL, TRACKED_PAGE, TRACKED_PAGES } from '../src/prepare/tracking.js';
import { assemble } from './lib/wasm.js';

const WASM_PAGE = 65536;
const OFFSETS = [0, 1, 15, SPILL - 17, SPILL - 16, SPILL - 15, SPILL, 4095, 4096, 65535, 0x7fff_ffff, 0xffff_fff0];

/** Stores: the instruction, its lane, the constant that it stores. */
const STORES: readonly (readonly [string, string, string])[] = [
  ['i32.store', '', '(i32.const VALUE)'],
  ['i32.store8', '', '(i32.const VALUE)'],
  ['i32.store16', '', '(i32.const VALUE)'],
  ['i64.store', '', '(i64.const VALUE)'],
  ['i64.store8', '', '(i64.const VALUE)'],
  ['i64.store16', '', '(i64.const VALUE)'],
  ['i64.store32', '', '(i64.const VALUE)'],
  ['f32.store', '', '(f32.reinterpret_i32 (i32.const VALUE))'],
  ['f64.store', '', '(f64.reinterpret_i64 (i64.const VALUE))'],
  ['v128.store', '', '(i32x4.splat (i32.const VALUE))'],
  ['v128.store8_lane', ' 15', '(i32x4.splat (i32.const VALUE))'],
  ['v128.store16_lane', ' 7', '(i32x4.splat (i32.const VALUE))'],
  ['v128.store32_lane', ' 3', '(i32x4.splat (i32.const VALUE))'],
  ['v128.store64_lane', ' 1', '(i32x4.splat (i32.const VALUE))'],
];
/** Zero would hide a mark. */
const VALUES = [0, -1];

interface Op {
  readonly name: string;
  readonly args: readonly number[];
}

const storeName = (store: number, offset: number, value: number): string => `${store} ${offset} ${value}`;

function storeFunctions(): string {
  const all: string[] = [];
  for (const [i, [instruction, lane, constant]] of STORES.entries()) {
    for (const offset of OFFSETS) {
      for (const value of VALUES) {
        const body = `(${instruction} offset=${offset} align=1${lane} (local.get 0) ${constant.replace('VALUE', String(value))})`;
        all.push(`(func (export "${storeName(i, offset, value)}") (param i32) ${body})`);
      }
    }
  }
  return all.join('\n');
}

const source = (pages: number, most: number): string => `(module
  (memory (export "memory") ${pages} ${most})
  (data $passive "a secret of some length, which is to be gone afterwards")
  ${storeFunctions()}
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $passive (local.get 0) (local.get 1) (local.get 2)))
  (func (export "grow") (param i32) (drop (memory.grow (local.get 0))))
  (func $dig (export "dig") (param $to i32) (param $from i32) (param $length i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $length))
    (call $dig (local.get $to) (local.get $from) (local.get $length)))
  (func (export "loop") (param $from i32) (param $n i32)
    (loop $again
      (i32.store8 (local.get $from) (i32.const 0))
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`;

const host: GuestHost = {
  limits: { memory: 2 ** 30, wallTime: 60_000, cpuTime: 60_000, output: 2 ** 20 },
  hypercall: () => new Uint8Array(0),
  interrupt: () => {},
};

async function prepared(pages: number, most: number): Promise<PreparedModule> {
  const { bytes, facts } = rewrite(await assemble(source(pages, most)), { track: true });
  return { module: new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), facts };
}

/** An instance whose whole memory has been written, and its start state. */
function started(module: PreparedModule): { instance: Instance; state: GuestState } {
  const instance = new Instance(module, {}, host);
  const { memory } = instance;
  for (let i = 0; i < memory.length; i++) memory[i] = (i * 31 + (i >>> 8)) | 1;
  const state = instance.freeze();
  expect(instance.restore(state)).toBeTruthy();
  return { instance, state };
}

function run(instance: Instance, { name, args }: Op): void {
  try {
    if (name === 'host') {
      const [address = 0, length = 0] = args;
      instance.memory.fill(7, address, address + length);
      instance.wrote(address, length);
    } else (instance.exports[name] as (...args: number[]) => void)(...args);
  } catch (error) {
    // Traps are included: writes before them are marked. After a full stack, the marks are unknown.
    if (error instanceof RangeError) runThrowing(instance, error);
    else if (!(error instanceof WebAssembly.RuntimeError)) throw error;
  }
}

function runThrowing(instance: Instance, error: Error): void {
  expect(() =>
    instance.run(() => {
      throw error;
    }),
  ).toThrow(expect.objectContaining(error));
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** @returns the number of restored pages, or undefined if a new instance is needed */
function restored(instance: Instance, state: GuestState): number | undefined {
  const { dirtyPages } = instance;
  if (!instance.restore(state)) {
    expect(instance.memory.length).toBeGreaterThan(state.memory.length);
    return undefined;
  }
  expect(same(instance.memory, state.memory), 'memory is the snapshot').toBeTruthy();
  expect(instance.dirtyPages, 'no mark is left').toBe(0);
  return dirtyPages;
}

const PAGES = 3;
const MOST = 8;
const RESERVED = PAGES * WASM_PAGE;
const MAP = mapAt(RESERVED);
const END = RESERVED + WASM_PAGE;
const ALL = END / TRACKED_PAGE;

/** Addresses, with more of them at edges and near the map. */
const address = fc.oneof(
  fc.nat(RESERVED - 1),
  fc.tuple(fc.nat(ALL), fc.integer({ min: -SPILL - 20, max: 20 })).map(([page, by]) => page * TRACKED_PAGE + by),
  fc.nat(ALL).map((page) => MAP + page),
  fc.integer({ min: MAP - SPILL - 20, max: END + 20 }),
  fc.integer(),
);
const length = fc.oneof(fc.nat(40), fc.nat(3 * TRACKED_PAGE), fc.nat(END));
const op: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.nat(STORES.length - 1), fc.constantFrom(...OFFSETS), fc.constantFrom(...VALUES), address)
      .map(([store, offset, value, at]) => ({
        name: storeName(store, offset, value),
        // In half of the cases, the argument reaches the address.
        args: [(at & 1) === 0 ? at - offset : at],
      })),
  },
  fc.record({ name: fc.constant('fill'), args: fc.tuple(address, fc.constantFrom(0, 255), length) }),
  fc.record({ name: fc.constant('copy'), args: fc.tuple(address, address, length) }),
  fc.record({ name: fc.constant('init'), args: fc.tuple(address, fc.nat(60), fc.nat(60)) }),
  fc.record({ name: fc.constant('loop'), args: fc.tuple(address, fc.integer({ min: 1, max: 5000 })) }),
  fc.record({ name: fc.constant('host'), args: fc.tuple(fc.nat(END + 10), length) }),
);

describe('pages that a guest wrote', () => {
  let module: PreparedModule;
  beforeAll(async () => {
    module = await prepared(PAGES, MOST);
  });

  it('are restored to the whole snapshot after any program', () => {
    const { instance, state } = started(module);
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 12 }), (program) => {
        for (const one of program) run(instance, one);
        expect(restored(instance, state)).toBeDefined();
      }),
      { numRuns: 3000 },
    );
  });

  it('have marks from each store: one page for most, never all', () => {
    const { instance, state } = started(module);
    for (const [i] of STORES.entries()) {
      for (const offset of OFFSETS.slice(0, -2)) {
        for (const at of [3 * TRACKED_PAGE + 5, 4 * TRACKED_PAGE - 3, 4 * TRACKED_PAGE - SPILL]) {
          run(instance, { name: storeName(i, offset, -1), args: [at] });
          expect(same(instance.memory, state.memory), 'the store wrote something').toBeFalsy();
          expect(restored(instance, state)).toBe(1);
        }
      }
    }
  });

  it('alone are restored if the marks are about that state', () => {
    const { instance, state } = started(module);
    const unmarked = 9 * TRACKED_PAGE;
    const before = state.memory[unmarked]!;
    instance.memory[unmarked] = before ^ 0xff;
    run(instance, { name: 'fill', args: [3 * TRACKED_PAGE, 0, 100] });
    expect(instance.restore(state)).toBeTruthy();
    expect(instance.memory[3 * TRACKED_PAGE]).toBe(state.memory[3 * TRACKED_PAGE]);
    expect(instance.memory[unmarked]).toBe(before ^ 0xff);
    expect(instance.restore({ ...state })).toBeTruthy();
    expect(instance.memory[unmarked]).toBe(before);
  });

  it('are restored from one state to another, and back', () => {
    const { instance, state } = started(module);
    run(instance, { name: 'fill', args: [0, 1, 10 * TRACKED_PAGE] });
    const other = instance.freeze();
    run(instance, { name: storeName(0, 0, -1), args: [12 * TRACKED_PAGE] });
    for (const to of [other, state, other, state]) {
      expect(instance.restore(to)).toBeTruthy();
      expect(same(instance.memory, to.memory)).toBeTruthy();
      run(instance, { name: storeName(0, 0, -1), args: [TRACKED_PAGE] });
    }
  });

  it('are restored with all others after kept state was saved, because others write to that memory', () => {
    const { instance, state } = started(module);
    const kept = { ...state, memory: state.memory.slice() };
    expect(instance.restore(kept)).toBeTruthy();
    run(instance, { name: storeName(0, 0, -1), args: [TRACKED_PAGE] });
    const saved = instance.save(kept);
    expect(same(saved.memory.subarray(0, MAP), instance.memory.subarray(0, MAP))).toBeTruthy();
    kept.memory[9 * TRACKED_PAGE]! ^= 0xff;
    expect(instance.restore(kept)).toBeTruthy();
    expect(same(instance.memory, kept.memory)).toBeTruthy();
  });

  it('are restored, or a new instance is made, after a program grew its memory', () => {
    const grow = fc.record({ name: fc.constant('grow'), args: fc.tuple(fc.nat(3)) });
    fc.assert(
      fc.property(fc.array(fc.oneof(op, grow), { minLength: 1, maxLength: 8 }), (program) => {
        const { instance, state } = started(module);
        for (const one of program) run(instance, one);
        restored(instance, state);
      }),
      { numRuns: 60 },
    );
  });

  it('are restored together if they share a mark, beyond 128 MiB', async () => {
    const { instance, state } = started(await prepared(2100, 2200));
    const far = TRACKED_PAGES * TRACKED_PAGE + 5 * TRACKED_PAGE + 9;
    run(instance, { name: storeName(0, 0, -1), args: [far] });
    expect(restored(instance, state)).toBe(2);
    run(instance, { name: 'fill', args: [far - 20 * TRACKED_PAGE, 1, 25 * TRACKED_PAGE] });
    expect(restored(instance, state)).toBeDefined();
  }, 300_000);
});

describe('a guest that hides what it wrote', () => {
  const SECRET = 5 * TRACKED_PAGE + 100;
  const mark = MAP + 5;
  let module: PreparedModule;
  beforeAll(async () => {
    module = await prepared(PAGES, MOST);
  });

  /** The attack erases the secret's mark; still nothing of the secret remains. */
  function attack(...ops: Op[]): void {
    const { instance, state } = started(module);
    run(instance, { name: storeName(0, 0, -1), args: [SECRET] });
    expect(instance.memory[mark], 'the secret was marked').toBe(1);
    for (const one of ops) run(instance, one);
    expect(instance.memory[mark], 'its mark was erased').toBe(0);
    expect(restored(instance, state)).toBe(ALL);
  }

  it('cannot clear its mark by any store', () => {
    for (const [i] of STORES.entries()) attack({ name: storeName(i, 0, 0), args: [mark] });
  });

  it('cannot clear its mark from as far below as an offset reaches', () => {
    for (const [i] of STORES.entries()) {
      for (const offset of OFFSETS.slice(0, -2)) {
        if (offset <= mark) attack({ name: storeName(i, offset, 0), args: [mark - offset] });
      }
    }
  });

  it('cannot clear all marks, then each of those that remain', () => {
    const each = Array.from({ length: ALL }, (_, i) => ({ name: storeName(1, 0, 0), args: [MAP + i] }));
    attack({ name: 'fill', args: [MAP, 0, TRACKED_PAGES] }, ...each);
    attack(...each.toReversed());
    attack({ name: 'loop', args: [MAP, ALL] });
  });

  it('cannot fill the stack to prevent the mark of a bulk instruction, because a failed run is not trusted', () => {
    const { instance, state } = started(module);
    run(instance, { name: 'dig', args: [MAP, MAP + 1, TRACKED_PAGES - 1] });
    instance.memory[SECRET]! ^= 0xff;
    expect(instance.restore(state)).toBeTruthy();
    expect(same(instance.memory, state.memory)).toBeTruthy();
  });

  it('cannot copy an empty map over the map and its surroundings', () => {
    const zeros = { name: 'fill', args: [0, 0, WASM_PAGE] };
    attack(zeros, { name: 'copy', args: [RESERVED, 0, WASM_PAGE] });
    attack(zeros, { name: 'copy', args: [MAP - SPILL, 0, SPILL + TRACKED_PAGES] });
    attack(zeros, { name: 'copy', args: [RESERVED - 100, 0, WASM_PAGE + 100] });
  });

  it('cannot clear the mark of the reserved pages by any order of two stores', () => {
    const reserved = Array.from({ length: WASM_PAGE / TRACKED_PAGE }, (_, i) => MAP + RESERVED / TRACKED_PAGE + i);
    for (const first of reserved) {
      for (const second of reserved) {
        const zero = (at: number): Op => ({ name: storeName(9, 0, 0), args: [at] });
        attack({ name: storeName(1, 0, 0), args: [mark] }, zero(first), zero(second));
      }
    }
  });
});
