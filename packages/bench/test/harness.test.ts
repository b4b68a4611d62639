// The harness on artificial subjects: checks its behaviour, never its timing.
import { expect, it } from 'vitest';
import { Trial } from '../src/harness.js';
import type { Group, Plan, Sampler, Spec, Suite } from '../src/types.js';

const log: string[] = [];
const spec = (subject: string, once = false): Spec => ({ subject, what: '', unit: 'us', floors: [], once });
const counted =
  (name: string): Sampler =>
  (count) => {
    log.push(name);
    return Array.from({ length: count }, () => 1000);
  };

function group(name: string, samplers: Record<string, Sampler | Error>, once: string[] = []): Group {
  const specs = Object.keys(samplers).map((subject) => spec(subject, once.includes(subject)));
  return {
    name,
    specs,
    open: async () => ({
      samplers,
      close: async () => {
        log.push(`close ${name}`);
      },
    }),
  };
}

async function run(groups: Group[], subjects = groups.flatMap(({ specs }) => specs.map(({ subject }) => subject))) {
  log.length = 0;
  const suite: Suite = { name: 'made-up', what: '', headline: { question: '', answers: {} }, groups, targets: [] };
  const plan: Plan = { suite: 'made-up', trial: 1, rounds: 4, quick: true, subjects, floorPath: '' };
  return new Trial(suite, plan, () => {}).run();
}

it('subjects take turns, there and back', async () => {
  await run([group('one', { a: counted('a'), b: counted('b') }), group('two', { c: counted('c') })]);
  const rounds = log.filter((entry) => !entry.startsWith('close')).slice(-12);
  expect(rounds).toEqual(['a', 'b', 'c', 'c', 'b', 'a', 'a', 'b', 'c', 'c', 'b', 'a']);
  expect(log.slice(-2)).toEqual(['close two', 'close one']);
});

it('warm-up samples are not among the samples', async () => {
  let taken = 0;
  const { samples } = await run([group('one', { a: (count) => Array.from({ length: count }, () => taken++) })]);
  expect(samples['a']).toHaveLength(4);
  expect(samples['a']?.[0]?.[0]).toBeGreaterThan(0);
  expect(samples['a']?.flat().length).toBeLessThan(taken);
});

it('a subject that is measured once has one sample', async () => {
  const { samples } = await run([group('one', { a: () => [42] }, ['a'])]);
  expect(samples['a']).toEqual([[42]]);
});

it('a subject that is measured once may return many samples, as one round of the trial', async () => {
  const latencies = Array.from({ length: 500 }, (_, i) => i);
  const { samples } = await run([group('one', { load: () => latencies }, ['load'])]);
  expect(samples['load']).toEqual([latencies]);
});

it('progress rises from nothing to nearly all, and never falls', async () => {
  const shares: number[] = [];
  const suite: Suite = {
    ...{ name: 'made-up', what: '', targets: [], headline: { question: '', answers: {} } },
    groups: [group('one', { a: counted('a'), b: counted('b'), c: counted('c') }, ['c'])],
  };
  const plan: Plan = { suite: 'made-up', trial: 1, rounds: 4, quick: true, subjects: ['a', 'b', 'c'], floorPath: '' };
  await new Trial(suite, plan, (done, of) => shares.push(done / of)).run();
  expect(shares[0]).toBe(0);
  expect(shares).toEqual([...shares].sort((a, b) => a - b));
  expect(shares.at(-1)).toBeLessThan(1);
  expect(new Set(shares).size).toBeGreaterThan(5);
});

it('a failing group, a subject without a sampler and a failing subject are left out with a reason; the others continue', async () => {
  let times = 0;
  const failing: Sampler = () => {
    if (++times > 1) throw new Error('broke down\nin detail');
    return [1];
  };
  const broken: Group = {
    ...group('broken', { x: counted('x') }),
    open: () => Promise.reject(new Error('no machine')),
  };
  const other = group('other', { a: counted('a'), missing: new Error('not here'), failing });
  const { samples, skipped } = await run([broken, other]);
  expect(Object.keys(samples)).toEqual(['a']);
  expect(skipped).toEqual([
    { subject: 'x', reason: 'no machine' },
    { subject: 'missing', reason: 'not here' },
    { subject: 'failing', reason: 'broke down' },
  ]);
});

it('groups without a chosen subject are not opened', async () => {
  await run([group('one', { a: counted('a') }), group('two', { b: counted('b') })], ['b']);
  expect(log).not.toContain('close one');
});
