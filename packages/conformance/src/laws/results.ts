import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { js } from '@colony/core';
import fc from 'fast-check';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, MACHINE, needsSync, theme } from './define.js';
import { instanceAtDoor, requestFor } from './door.js';

const LARGE = 300_000;

async function ownedResults(t: Tools): Promise<void> {
  const context = await t.context();
  const first = (await context.call('bytes', LARGE, 1)) as unknown as Uint8Array;
  const text = (await context.call('echo', ['first', new Uint8Array([1, 2, 3])])) as unknown as unknown[];
  for (let i = 0; i < 8; i++) await context.call('bytes', LARGE, 255);
  assert.ok(
    first.length === LARGE && first.every((byte) => byte === 1),
    'a later call changed the bytes of an earlier result',
  );
  assert.deepEqual(text, ['first', new Uint8Array([1, 2, 3])]);
}

/** Core decodes at once, which hides later changes to a backend's buffers from callers. */
async function ownedOutput(t: Tools): Promise<void> {
  const instance = await instanceAtDoor(t);
  const runs = [async () => (await instance.run(requestFor('bytes', LARGE, 7))).output];
  if (instance.runSync) runs.push(async () => instance.runSync!(requestFor('bytes', LARGE, 7)).output);
  for (const run of runs) {
    const output = await run();
    const copy = output.slice();
    for (let i = 0; i < 8; i++) await instance.run(requestFor('bytes', LARGE, 255));
    if (instance.runSync) instance.runSync(requestFor('bytes', LARGE, 255));
    assert.ok(Buffer.from(output).equals(copy), "a later run wrote over an earlier one's output");
  }
}

/** With a bound of 0, every result and every hypercall is large. */
async function inSlices(t: Tools): Promise<void> {
  const hypercalls = { back: (...args: unknown[]) => args, later: async (value: unknown) => value };
  const context = await t.context({ ...granted(hypercalls), sliceAbove: 0 });
  await t.property(fc.jsonValue(), async (value) => {
    assert.deepEqual(await context.call('echo', value), value);
    assert.deepEqual(await context.call('ask', 'back', value, [value]), [value, [value]]);
  });
  assert.deepEqual(await context.callBatch('echo', [[1], ['two'], [[3]]]), [1, 'two', [3]]);
  assert.deepEqual(await context.call('askMany', 'back', 3), [[0], [1], [2]]);
  const calls = [1, 2, 3, 4].map((n) => context.call('askAll', 'later', [n, [n]]));
  assert.deepEqual(
    await Promise.all(calls),
    [1, 2, 3, 4].map((n) => [n, [n]]),
  );
}

async function modules(t: Tools): Promise<void> {
  const folder = await t.directory();
  await writeFile(
    join(folder, 'main.mjs'),
    `import { twice } from './lib.mjs';\nexport const quadruple = (n) => twice(twice(n));\nexport { twice } from './lib.mjs';`,
  );
  await writeFile(join(folder, 'lib.mjs'), `export function twice(n) { return 2 * n }`);
  const context = await t.context({ program: js.file(join(folder, 'main.mjs')) });
  assert.equal(await context.call('quadruple', 5), 20);
  assert.equal(await context.call('twice', 5), 10);
}

async function missingExports(t: Tools): Promise<void> {
  const context = await t.context();
  const known = t.kind === 'js' ? /echo/ : /add/;
  for (const name of [
    'missing',
    'toString',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'notAFunction',
    'a\0b',
    '\ud83d\ude00',
  ]) {
    const error = await fails('ERR_NO_SUCH_EXPORT', () => context.call(name));
    assert.match(error.message, known, 'the message should name the existing exports');
  }
}

const I32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const I64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** The value that comes back: a number if it is a safe integer. */
const asNumber = (value: bigint) =>
  value === BigInt.asIntN(54, value) && -value !== 2n ** 53n ? Number(value) : value;

async function numbersCross(t: Tools): Promise<void> {
  const context = await t.context();
  assert.equal(await context.call('nothing'), undefined);
  assert.equal(await context.call('add', 2 ** 31 - 1, 1), -(2 ** 31));
  for (const value of [-0, 0, Number.NaN, Infinity, -Infinity, 5e-324, 1.5]) {
    assert.ok(Object.is(await context.call('echoF64', value), value), `${value} as f64`);
    const single = Math.fround(value);
    assert.ok(Object.is(await context.call('echoF32', single), single), `${single} as f32`);
  }
  await t.property(fc.tuple(I32, I64, fc.double(), fc.float()), async ([i32, i64, f64, f32]) => {
    assert.equal(await context.call('echoI32', i32), i32);
    assert.equal(await context.call('echoI64', i64), asNumber(i64));
    assert.deepStrictEqual(await context.call('echoF64', f64), f64);
    assert.deepStrictEqual(await context.call('echoF32', f32), f32);
  });
}

/** Arguments that do not fit are the caller's errors; every backend reports them with the same text. */
async function misfits(t: Tools): Promise<void> {
  const context = await t.context();
  const thrown = async (name: string, ...args: unknown[]) =>
    (await fails('ERR_GUEST_THROWN', () => context.call(name, ...args), `${name}(${args.map(String)})`)).details.guest;
  for (const args of [[], [1], [1, 2, 3], ['1', 2], [null, 0], [true, 0], [{}, 0], [1n, 0]])
    assert.equal((await thrown('add', ...args))?.name, 'TypeError', `add(${args.map(String)})`);
  for (const args of [
    [1.5, 2],
    [2 ** 31, 0],
    [-(2 ** 31) - 1, 0],
    [Number.NaN, 0],
  ])
    assert.equal((await thrown('add', ...args))?.name, 'RangeError', `add(${args.map(String)})`);
  assert.equal((await thrown('echoI64', 1n << 63n))?.name, 'RangeError');
  assert.equal((await thrown('echoF64', '1'))?.name, 'TypeError');
  assert.equal(await context.call('add', 1, 1), 2);
}

export const results = theme('results', [
  [
    "a call returns the function's result",
    async (t) => {
      const context = await t.context();
      assert.equal(await context.call('add', 2, 3), 5);
      assert.equal(await context.call('nothing'), undefined);
      assert.equal(await context.call('count', undefined, null, 0), 3);
      assert.deepEqual(await context.call('default', 1), ['default', 1]);
    },
  ],
  ['numbers cross exactly', numbersCross, { programKinds: MACHINE }],
  ['invalid arguments are refused', misfits, { programKinds: MACHINE }],
  [
    'an async function returns the value of its promise',
    async (t) => {
      const context = await t.context();
      assert.deepEqual(await context.call('later', { a: [1] }), { a: [1] });
    },
  ],
  [
    'a promise that can never settle is an error, not a hang',
    async (t) => {
      const context = await t.context();
      await fails('ERR_GUEST_THROWN', () => context.call('stuck'));
    },
  ],
  [
    'call and callSync return the same',
    async (t) => {
      const context = await t.context();
      await t.property(fc.jsonValue(), async (value) => {
        assert.deepEqual(context.callSync('echo', value), await context.call('echo', value));
      });
      assert.equal(context.callSync('later', 4), 4);
    },
    {
      needs: needsSync,
      refusal: async (t) => {
        const context = await t.context();
        await fails('ERR_UNSUPPORTED', () => context.callSync('add', 1, 2));
      },
    },
  ],
  [
    'call and callSync return the same number',
    async (t) => {
      const context = await t.context(granted({ 'host.ask': (n: number) => n * 2 }));
      await t.property(fc.tuple(I32, I32), async ([a, b]) => {
        assert.equal(context.callSync('add', a, b), await context.call('add', a, b));
      });
      assert.equal(context.callSync('askHostMany', 5), await context.call('askHostMany', 5));
    },
    {
      programKinds: MACHINE,
      needs: needsSync,
      refusal: async (t) => {
        const context = await t.context();
        await fails('ERR_UNSUPPORTED', () => context.callSync('add', 1, 2));
      },
    },
  ],
  ['a result belongs to the caller: later calls do not change it', ownedResults],
  ["the output of a backend's run belongs to the caller", ownedOutput],
  ['large messages are decoded in slices, to the same values', inSlices],
  ['a program of several modules', modules],
  ['a function that is not exported is refused by name', missingExports, { programKinds: EVERYWHERE }],
  [
    'a context counts its work',
    async (t) => {
      const context = await t.context();
      await context.call('add', 1, 2);
      await fails('ERR_NO_SUCH_EXPORT', () => context.call('missing'));
      assert.equal(context.stats().calls, 2);
      assert.equal(context.stats().errors, 0, 'an answer of the guest counts as an error');
    },
    { programKinds: EVERYWHERE },
  ],
]);
