/** Values within each other. */
import assert from 'node:assert/strict';
import { outcome } from '../expect.js';
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';
import { waysToEcho } from './changing.js';
import type { Row } from './define.js';

/** The guide's number of nested objects that cross in every direction. */
const LEVELS = 128;
/** Depths at which the message around the objects decides whether they cross. */
const BORDER = [130, 131, 132];
/** Objects at this depth cross in no direction. */
const TOO_MANY = 140;

type Wrap = (inner: unknown) => unknown;

/** Wraps a value in an object, and unwraps it; by the names in the suite's program. */
const CONTAINERS: Readonly<Record<string, readonly [wrap: Wrap, unwrap: (outer: never) => unknown]>> = {
  arrays: [(inner) => [inner], (outer: unknown[]) => outer[0]],
  objects: [(inner) => ({ inner }), (outer: { inner: unknown }) => outer.inner],
  maps: [(inner) => new Map([[1, inner]]), (outer: Map<unknown, unknown>) => outer.get(1)],
  keys: [(inner) => new Map([[inner, 1]]), (outer: Map<unknown, unknown>) => [...outer.keys()][0]],
  sets: [(inner) => new Set([inner]), (outer: Set<unknown>) => [...outer][0]],
  errors: [(inner) => new Error('text', { cause: inner }), (outer: Error) => outer.cause],
};

/** Innermost values that take more than one item of a message. */
const LEAVES = [
  1,
  10n,
  '\ud800',
  new Date(8.64e15 - 1),
  /a/,
  new Float32Array(1),
  new DataView(new ArrayBuffer(1)),
  Object(1n),
];

function nested(wrap: Wrap, levels: number, leaf: unknown): unknown {
  let value = leaf;
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

function innermost(unwrap: (outer: never) => unknown, levels: number, value: unknown): unknown {
  let inner = value;
  for (let i = 0; i < levels; i++) inner = unwrap(inner as never);
  return inner;
}

async function deepValues(t: Tools): Promise<void> {
  const context = await t.context(granted({ same: (value: unknown) => value }));
  const ways = [...waysToEcho(context)];
  ways.push(['a hypercall', (value) => context.call('ask', 'same', value)]);
  let next = 0;
  for (const [way, echo] of ways) {
    for (const [kind, [wrap, unwrap]] of Object.entries(CONTAINERS)) {
      const leaf = LEAVES[next++ % LEAVES.length];
      const levels = typeof leaf === 'object' ? LEVELS - 1 : LEVELS;
      const back = await echo(nested(wrap, levels, leaf));
      assert.deepStrictEqual(innermost(unwrap, levels, back), leaf, `${way}: ${kind}`);
    }
  }
}

async function tooDeepValues(t: Tools): Promise<void> {
  const give = (kind: string, levels: number) => nested(CONTAINERS[kind]![0], levels, 1n);
  const context = await t.context(granted({ give, take: () => 1 }));
  const ways: [string, (kind: string, levels: number) => unknown][] = waysToEcho(context).map(([way, echo]) => [
    way,
    (kind, levels) => echo(give(kind, levels)),
  ]);
  ways.push(
    ['a result', (kind, levels) => context.call('giveNested', kind, levels)],
    ['a result in a batch', async (kind, levels) => (await context.callBatch('giveNested', [[kind, levels]]))[0]],
    ['an argument of a hypercall', (kind, levels) => context.call('askNested', kind, levels, 'take')],
    ['the result of a hypercall', (kind, levels) => context.call('ask', 'give', kind, levels)],
  );
  for (const [way, cross] of ways) {
    for (const kind of ['arrays', 'maps', 'errors']) {
      for (const levels of [...BORDER, TOO_MANY]) {
        const seen = await outcome(() => cross(kind, levels));
        if ('code' in seen)
          assert.equal(seen.code, 'ERR_NOT_SERIALIZABLE', `${way}: ${levels} ${kind}: ${seen.error.message}`);
        else assert.notEqual(levels, TOO_MANY, `${way}: ${kind}`);
      }
    }
  }
}

export const nesting: readonly Row[] = [
  ['objects nested 128 deep cross in every direction', deepValues],
  ['objects nested more deeply cross, or are refused as values that cannot cross', tooDeepValues],
];
