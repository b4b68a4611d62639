import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fails } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { EVERYWHERE, MACHINE, theme } from './define.js';

async function asCalls(t: Tools): Promise<void> {
  const context = await t.context();
  await t.property(
    fc.array(fc.tuple(fc.jsonValue(), fc.jsonValue()), { maxLength: 20 }),
    async (rows) => {
      const batch = await context.callBatch('echo', rows);
      assert.deepEqual(
        batch,
        rows.map(([value]) => value),
      );
    },
    { weight: 0.6 },
  );
}

async function failingRows(t: Tools): Promise<void> {
  const context = await t.context();
  const rows = [
    ['Error', 'zero'],
    ['RangeError', 'one'],
  ] as [string, string][];
  const error = await fails('ERR_GUEST_THROWN', () => context.callBatch('fail', rows));
  assert.equal(error.details.row, 0);
  const settled = await context.callBatchSettled('giveStrange', [['function'], ['none']]);
  assert.deepEqual(
    settled.map((row) => row.ok),
    [false, false],
  );
  const mixed = await context.callBatchSettled('sum', [[[1, 2]], [null], [[3]]] as never);
  assert.deepEqual(
    mixed.map((row) => (row.ok ? row.value : row.error.code)),
    [3, 'ERR_GUEST_THROWN', 3],
  );
}

export const batch = theme('batch', [
  ['a batch returns the results of its calls, in order', asCalls],
  ['a failing row is reported by its number and does not affect other rows', failingRows],
  [
    'a batch of machine code returns the results of its calls, and a row that traps ends it',
    async (t) => {
      const context = await t.context();
      assert.deepEqual(
        await context.callBatch('bump', [[], [], []]),
        [1, 2, 3],
        'rows see each other: they are one call',
      );
      assert.equal(await context.call('bump'), 1);
      await fails(['ERR_GUEST_TRAP', 'ERR_GUEST_FAULT'], () => context.callBatch('giveUp', [[], []]));
      const settled = await context.callBatchSettled('add', [
        [1, 2],
        [1.5, 2],
        [3, 4],
      ]);
      assert.deepEqual(
        settled.map((row) => (row.ok ? row.value : row.error.code)),
        [3, 'ERR_GUEST_THROWN', 7],
      );
    },
    { programKinds: MACHINE },
  ],
  [
    'a batch leaves no trace',
    async (t) => {
      const context = await t.context();
      await context.callBatch('hide', [
        ['module', 'a'],
        ['global', 'b'],
        ['prototype', 'c'],
      ]);
      assert.deepEqual(await context.call('find'), []);
    },
  ],
  [
    'an empty batch returns nothing, and a missing function is refused',
    async (t) => {
      const context = await t.context();
      assert.deepEqual(await context.callBatch('add', []), []);
      await fails('ERR_NO_SUCH_EXPORT', () => context.callBatch('missing', [[1]]));
    },
    { programKinds: EVERYWHERE },
  ],
  [
    'rows share the limits of one call',
    async (t) => {
      const context = await t.context(granted({ 'host.ask': () => 1 }, { hypercalls: 5 }));
      await fails('ERR_LIMIT_HYPERCALLS', () =>
        context.callBatch(
          'askHost',
          Array.from({ length: 6 }, (_, i) => [i]),
        ),
      );
    },
    { programKinds: EVERYWHERE },
  ],
  [
    'a thousand rows in one entry',
    async (t) => {
      const context = await t.context();
      const rows = Array.from({ length: 1000 }, (_, i) => [i, 1]);
      assert.deepEqual(
        await context.callBatch('add', rows),
        rows.map(([i]) => i! + 1),
      );
    },
    { programKinds: EVERYWHERE },
  ],
]);
