// The harness of `npm run fuzz`: its findings, and their repetition. Real readers have their planted faults.
import { runInThisContext } from 'node:vm';
import { expect, it } from 'vitest';
import { bytesMutator, within } from '../fuzz/bytes.mjs';
import { cborMutator, itemsOf } from '../fuzz/cbor.mjs';
import { Coverage, intersection } from '../fuzz/coverage.mjs';
import { Part } from '../fuzz/part.mjs';
import { Random } from '../fuzz/random.mjs';

const text = new TextEncoder();
const options = { seed: 1, part: 0, executions: 3000 };

/** @param {(input: Uint8Array) => unknown} read @param {Partial<import('../fuzz/reader.mjs').Reader>} [more] @returns {import('../fuzz/reader.mjs').Reader} */
const readerOf = (read, more = {}) => ({
  name: 'test',
  what: 'nothing',
  seeds: [text.encode('a seed')],
  mutators: [bytesMutator(['token'])],
  read,
  refusals: ['ERR_COMPILE'],
  planted: () => false,
  ...more,
});

/** @param {string} code */
const refusal = (code) => Object.assign(new Error('no'), { name: 'ColonyError', code });

it('the same seed makes the same inputs, and another seed makes others', async () => {
  /** @param {number} seed */
  const inputsOf = async (seed) => {
    /** @type {string[]} */
    const inputs = [];
    const onInput = (/** @type {Uint8Array} */ input) => void inputs.push(Buffer.from(input).toString('hex'));
    await new Part(
      readerOf(() => {}),
      { ...options, seed, onInput },
    ).run();
    return inputs;
  };
  const first = await inputsOf(1);
  expect(first).toHaveLength(3001);
  expect(await inputsOf(1)).toEqual(first);
  expect(await inputsOf(2)).not.toEqual(first);
});

it('an error other than a refusal is one finding, with a short input', async () => {
  const read = (/** @type {Uint8Array} */ input) => {
    if (input.includes(0x74) && input.includes(0x6b)) throw new TypeError(`odd ${input.length}`);
    throw refusal('ERR_COMPILE');
  };
  const { findings, refused } = await new Part(
    readerOf(read, { seeds: [], mutators: [() => text.encode('xx token xx')] }),
    { ...options, executions: 5 },
  ).run();
  expect(findings).toMatchObject([{ execution: 0, text: expect.stringContaining('TypeError: odd') }]);
  expect(findings[0]?.input).toHaveLength(2);
  expect(refused).toBe(0);
});

it.each([
  ['another code', () => Promise.reject(refusal('ERR_INTERNAL')), /ERR_INTERNAL/],
  ['text that is thrown', () => Promise.reject('text'), /text/],
  ['a seed that is refused', () => Promise.reject(refusal('ERR_COMPILE')), /seed 0 is refused/],
])('%s is a finding', async (_what, read, message) => {
  const { findings } = await new Part(readerOf(read), { ...options, executions: 1 }).run();
  expect(findings.map((finding) => finding.text).join()).toMatch(message);
});

it('a change of globals is a finding', async () => {
  let reads = 0;
  const read = () => {
    if (++reads === 500) Object.defineProperty(Object.prototype, 'polluted', { value: 1, configurable: true });
  };
  const { findings } = await new Part(readerOf(read), options).run();
  Reflect.deleteProperty(Object.prototype, 'polluted');
  expect(findings).toMatchObject([{ kind: 'globals' }]);
});

it("a long CPU time for an input's bytes is a finding", async () => {
  const read = (/** @type {Uint8Array} */ input) => {
    if (!input.includes(0x6b)) return;
    const { user } = process.cpuUsage();
    while (process.cpuUsage().user - user < 40_000);
  };
  const slow = readerOf(read, { seeds: [text.encode('x')], mutators: [() => text.encode('k')], allowance: 100 });
  const { findings } = await new Part(slow, { ...options, executions: 1 }).run();
  expect(findings).toMatchObject([{ kind: 'too slow', execution: 0 }]);
});

it('coverage leads through conditions that chance does not pass', async () => {
  const code = `(input) => {
    if (input[0] !== 0x46) return 0;
    if (input[1] !== 0x55) return 1;
    if (input[2] !== 0x5a) return 2;
    throw new TypeError('found');
  }`;
  const read = runInThisContext(code, { filename: 'conditions.js' });
  const reader = readerOf(read, { seeds: [new Uint8Array(4)], mutators: [bytesMutator()] });
  const run = { ...options, executions: 60_000, untilFound: true };
  const coverage = new Coverage((url) => url === 'conditions.js');
  expect((await new Part(reader, { ...run, coverage }).run()).findings).toHaveLength(1);
  expect((await new Part(reader, run).run()).findings).toHaveLength(0);
});

it('unexecuted code is code that no run executed', () => {
  expect(
    intersection(
      [
        [0, 5],
        [8, 9],
      ],
      [[3, 8]],
    ),
  ).toEqual([[3, 5]]);
  expect(intersection([[0, 5]], [])).toEqual([]);
});

it('items of CBOR are found, and most changes leave it well-formed', () => {
  const input = Uint8Array.of(0x82, 0x61, 0x61, 0xa1, 0x01, 0x81, 0x02);
  expect(itemsOf(input).map(({ start, end, major }) => [start, end, major])).toEqual([
    [0, 7, 4],
    [1, 3, 3],
    [3, 7, 5],
    [4, 5, 0],
    [5, 7, 4],
    [6, 7, 0],
  ]);
  const mutate = cborMutator(['word']);
  const random = new Random(1, 1);
  const made = Array.from({ length: 1000 }, () => mutate(random, input, input));
  const whole = made.filter((input) => itemsOf(input)[0]?.end === input.length);
  expect(whole.length).toBeGreaterThan(500);
});

it('an envelope is closed again around changed content', () => {
  const open = (/** @type {Uint8Array} */ input) => input.subarray(1);
  const close = (/** @type {Uint8Array} */ inside) => Uint8Array.of(inside.length, ...inside);
  const mutate = within(open, close, bytesMutator());
  const random = new Random(1, 1);
  for (let i = 0; i < 100; i++) {
    const made = mutate(random, Uint8Array.of(2, 7, 7), Uint8Array.of(1, 5));
    expect(made[0]).toBe((made.length - 1) & 255);
  }
});
