/** No code runs for long without a check of the clock: each path through a function pays for the code that it runs. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { jsGuest } from '../src/engine/js-guest.js';
import { loadEngine } from '../src/engine/load.js';
import type { GuestHost } from '../src/guest/host.js';
import { Instance } from '../src/guest/instance.js';
import { prepareHere } from '../src/prepare/index.js';
import { HOST } from '../src/prepare/prepared.js';
import { rewrite } from '../src/prepare/rewrite.js';

import { assemble } from './lib/wasm.js';

const RATION = 1000;
const BYTES_PER_UNIT = 64;
/** Code that may be paid late: one stretch, and what is counted between two of them. */
const SLACK = 16_384;

interface Ran {
  /** Bytes of code, a lower bound. */
  readonly bytes: number;
  readonly looks: number;
}

/** Runs `f`, which counts in `ran` the bytes of code that it ran. */
async function ran(functions: string): Promise<Ran> {
  const source = `(module
    (global $ran (export "ran") (mut i64) (i64.const 0))
    (global $left (mut i32) (i32.const 3000))
    (global $seed (mut i32) (i32.const 12345))
    (memory 1)
    (table $table 100 funcref)
    (elem declare func $count)
    (func $count (param i64) (global.set $ran (i64.add (global.get $ran) (local.get 0))))
    (func $coin (result i32)
      (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1664525)) (i32.const 1013904223)))
      (i32.shr_u (global.get $seed) (i32.const 31)))
    (func $again (result i32)
      (i32.gt_s (i32.and (call $coin) (i32.gt_s (global.get $left) (i32.const 0))) (i32.const 0))
      (global.set $left (i32.sub (global.get $left) (i32.const 1))))
    ${functions})`;
  const { bytes } = rewrite(await assemble(source));
  let looks = 0;
  const interrupt = () => {
    looks++;
    return RATION;
  };
  const imports = { [HOST]: { interrupt, grow: () => -1, grow_table: () => -1 } };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), imports);
  (exports['f'] as () => void)();
  return { bytes: Number((exports['ran'] as WebAssembly.Global).value), looks };
}

function assertPaid({ bytes, looks }: Ran): void {
  expect(bytes, `${bytes} bytes for ${looks} looks at the clock`).toBeLessThanOrEqual(
    BYTES_PER_UNIT * RATION * (looks + 1) + SLACK,
  );
}

/** Code of this many bytes, which counts them. */
const code = (bytes: number): string => `${'nop '.repeat(bytes)} (call $count (i64.const ${bytes}))`;
const times = (n: number, body: string): string =>
  `(func (export "f") (local $n i32) (local.set $n (i32.const ${n}))
    (loop $outer ${body} (br_if $outer (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))`;

type Statement = (labels: readonly string[], fresh: () => string) => string;
const many =
  (all: readonly Statement[]): Statement =>
  (labels, fresh) =>
    all.map((one) => one(labels, fresh)).join('\n');
const target = (labels: readonly string[], i: number): string => labels[i % labels.length]!;

/** Any nesting of blocks, loops and branches. Loops continue at random, all together at most 3000 times. */
const { statement } = fc.letrec<{ statement: Statement; list: Statement }>((tie) => ({
  list: fc.array(tie('statement'), { maxLength: 6 }).map(many),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    // Code that is skipped, so that a payment in it does not count: never entered, or exited at once.
    {
      weight: 4,
      arbitrary: fc.tuple(fc.boolean(), fc.constantFrom(200, 1000, 4290, 8000)).map(
        ([entered, bytes]): Statement =>
          () => {
            const nops = 'nop '.repeat(bytes);
            return code(3900) + (entered ? `(block (br 0) ${nops})` : `(if (i32.const 0) (then ${nops}))`);
          },
      ),
    },
    fc.constantFrom(1, 60, 700, 2000, 3900, 4000, 4090, 9000).map(
      (bytes): Statement =>
        () =>
          code(bytes),
    ),
    fc.nat(9).map(
      (i): Statement =>
        (labels) =>
          `(br_if ${target(labels, i)} (call $coin))`,
    ),
    fc.nat(9).map(
      (i): Statement =>
        (labels) =>
          `(br ${target(labels, i)})`,
    ),
    fc.tuple(fc.nat(9), fc.nat(9)).map(
      ([i, k]): Statement =>
        (labels) =>
          `(br_table ${target(labels, i)} ${target(labels, k)} (call $coin))`,
    ),
    tie('list').map(
      (body): Statement =>
        (labels, fresh) => {
          const name = fresh();
          return `(block ${name} ${body([...labels, name], fresh)})`;
        },
    ),
    tie('list').map(
      (body): Statement =>
        (labels, fresh) => {
          const name = fresh();
          return `(loop ${name} ${body(labels, fresh)} (br_if ${name} (call $again)))`;
        },
    ),
    fc.tuple(tie('list'), tie('list')).map(
      ([yes, no]): Statement =>
        (labels, fresh) => {
          const name = fresh();
          const inner = [...labels, name];
          return `(if ${name} (call $coin) (then ${yes(inner, fresh)}) (else ${no(inner, fresh)}))`;
        },
    ),
    tie('list').map(
      (yes): Statement =>
        (labels, fresh) => {
          const name = fresh();
          return `(if ${name} (call $coin) (then ${yes([...labels, name], fresh)}))`;
        },
    ),
  ),
}));

describe('the price of code', () => {
  it('is paid on every path, however it jumps', async () => {
    let looked = 0;
    const program = fc.array(statement, { minLength: 4, maxLength: 12 });
    const property = fc.asyncProperty(program, async (statements) => {
      let names = 0;
      const body = many(statements)(['$out'], () => `$l${names++}`);
      const result = await ran(times(60, `(block $out ${body})`));
      assertPaid(result);
      looked += result.looks;
    });
    await fc.assert(property, { numRuns: 60 });
    expect(looked, 'much of it ran for long').toBeGreaterThan(100);
  }, 300_000);

  it('cannot be avoided by payments in skipped code', async () => {
    // This many bytes put each 4097th byte into skipped code.
    const dead = 'nop '.repeat(8200 - 3900 - 10);
    const part = `${code(3900)} (block (br 0) ${dead})`;
    const branch = `${code(3900)} (if (i32.const 0) (then ${dead}))`;
    for (const body of [part, branch]) {
      const result = await ran(times(100, body.repeat(20)));
      expect(result.bytes).toBeGreaterThan(7_000_000);
      assertPaid(result);
    }
  });

  it('cannot be avoided by small loops between long stretches', async () => {
    assertPaid(await ran(times(100, `${code(3900)} (loop nop)`.repeat(20))));
  });

  it('cannot be avoided by functions that are too small to pay themselves', async () => {
    const leaf = `(func $leaf ${'nop '.repeat(40)} (global.set $ran (i64.add (global.get $ran) (i64.const 50))))`;
    const result = await ran(`${leaf} ${times(20_000, '(call $leaf)'.repeat(28))}`);
    expect(result.bytes).toBe(20_000 * 28 * 50);
    assertPaid(result);
  });

  it('cannot be avoided by many small pieces of tables', async () => {
    for (const instruction of [
      '(table.copy (i32.const 0) (i32.const 5) (i32.const 7))',
      '(table.fill $table (i32.const 0) (ref.func $count) (i32.const 63))',
      '(table.set $table (i32.const 0) (ref.func $count))',
    ]) {
      const { looks } = await ran(times(1000, instruction.repeat(30)));
      expect(looks, `one unit for each: ${looks}`).toBeGreaterThanOrEqual(29);
    }
  });
});

describe('what the host does for a guest', () => {
  it('checks the clock each time that memory or a table grows', async () => {
    let looks = 0;
    const host: GuestHost = {
      limits: { memory: 2 ** 20, wallTime: 1000, cpuTime: 1000, output: 1000 },
      hypercall: () => new Uint8Array(0),
      interrupt: () => looks++,
    };
    const source = `(module (memory 1 2) (table 1 funcref) (func (export "f")
      (drop (memory.grow (i32.const 0))) (drop (memory.grow (i32.const 9)))
      (drop (table.grow 0 (ref.null func) (i32.const 0)))))`;
    const instance = new Instance(prepareHere(await assemble(source)), {}, host);
    const before = looks;
    (instance.exports['f'] as () => void)();
    expect(looks - before).toBeGreaterThanOrEqual(3);
  });

  it('checks the clock each time that the engine calls it, with any arguments', async () => {
    let looks = 0;
    const counting: GuestHost = {
      limits: { memory: 2 ** 26, wallTime: 1000, cpuTime: 1000, output: 1000 },
      hypercall: () => new Uint8Array(0),
      interrupt: () => looks++,
    };
    let instance: Instance | undefined;
    const start = vi.spyOn(Instance.prototype, 'start').mockImplementation(function (this: Instance) {
      instance = this;
    });
    const program = await loadEngine();
    jsGuest(program, counting);
    start.mockRestore();
    const table = instance!.exports['__indirect_function_table'] as WebAssembly.Table;
    // Our entries come after the engine's own: five of the embedder, and the one that moves an ArrayBuffer's memory.
    const { entries } = program.engine.facts.tables[0]!;
    expect(table.length).toBe(entries + 6);
    const own = instance!.exports as Record<string, (...args: unknown[]) => number>;
    for (let at = entries; at < table.length; at++) {
      const before = looks;
      const args = at < table.length - 1 ? [0, 0n, 0, -8] : [0, 0, own['malloc']!(1), 0];
      try {
        (table.get(at) as (...args: unknown[]) => unknown)(...args);
      } catch (error) {
        expect(error, 'an address out of the memory').toBeInstanceOf(RangeError);
      }
      expect(looks, `function ${at - entries}`).toBeGreaterThan(before);
    }
  });

  it('refuses objects that cost the host memory for each instance: thousands of tables or mutable globals', async () => {
    for (const item of ['(table 0 funcref)', '(global (mut i32) (i32.const 0))']) {
      const make = async (n: number) => prepareHere(await assemble(`(module ${item.repeat(n)})`));
      await make(20_000);
      await expect(make(20_001)).rejects.toMatchObject({ code: 'ERR_COMPILE' });
    }
  });
});
