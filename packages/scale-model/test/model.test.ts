// The model on paper: formulas that are known, and a page that is what its figures say.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Agenda } from '../src/agenda.js';
import { callCost, callsPerSecond, contextsPerGiB, serverCapacity } from '../src/capacity.js';
import { digestOf, Lookup, readDigest } from '../src/digest.js';
import { digits, duration, fill, table } from '../src/markdown.js';
import { chartFile, isNeeded, makePage, pageFile } from '../src/page.js';
import { poolRow, TRACE } from '../src/pools.js';
import { erlangC, waitMD1, waitMMc } from '../src/queueing.js';
import { simulate, type World } from '../src/simulate.js';
import { burstyTrace, poissonTrace } from '../src/trace.js';

describe('formulas', () => {
  it("Erlang C has the textbook's values", () => {
    expect(erlangC(1, 0.5)).toBeCloseTo(0.5, 12); // M/M/1: an arrival waits with probability rho
    expect(erlangC(2, 1)).toBeCloseTo(1 / 3, 12);
    expect(erlangC(10, 8)).toBeCloseTo(0.4092, 4);
  });

  it('waits are right', () => {
    expect(waitMMc(0.5, 1, 1)).toBeCloseTo(1, 12);
    expect(waitMD1(0.5, 1)).toBeCloseTo(0.5, 12); // half of M/M/1's
    expect(waitMMc(2, 1, 2)).toBe(Number.POSITIVE_INFINITY);
    expect(waitMD1(1, 1)).toBe(Number.POSITIVE_INFINITY);
  });
});

const PLAIN = { pool: 10_000, create: 0, clean: 0, wait: 0, seed: 3, call: 1 } as const;
const within = (value: number, expected: number, share: number) =>
  expect(Math.abs(value - expected) / expected, `${value} for ${expected}`).toBeLessThan(share);

describe('the simulation against queueing theory', () => {
  it.each([
    ['M/M/1', 1, 0.5, 'exponential'],
    ['M/M/1', 1, 0.7, 'exponential'],
    ['M/M/4', 4, 0.7, 'exponential'],
    ['M/D/1', 1, 0.5, 'fixed'],
    ['M/D/1', 1, 0.7, 'fixed'],
  ] as const)('%s with %d servers, load %d', (_, cores, load, service) => {
    const rate = load * cores;
    const arrivals = poissonTrace(11, 400_000 / rate, rate);
    const outcome = simulate({ ...PLAIN, arrivals, cores, service });
    within(outcome.meanWait, service === 'fixed' ? waitMD1(rate, 1) : waitMMc(rate, 1, cores), 0.05);
    within(outcome.utilization, load, 0.02);
  });

  it('cleaning keeps the core, not the caller', () => {
    // As M/D/1 with service 1, of which the caller does not wait for the second half.
    const arrivals = poissonTrace(12, 400_000, 0.6);
    const outcome = simulate({ ...PLAIN, arrivals, cores: 1, service: 'fixed', call: 0.5, clean: 0.5 });
    within(outcome.meanWait, waitMD1(0.6, 1), 0.03);
    expect(outcome.p50).toBeLessThan(waitMD1(0.6, 1) + 0.5);
  });

  it("shells in use follow Little's law", () => {
    const arrivals = poissonTrace(13, 2000, 50);
    const outcome = simulate({ ...PLAIN, arrivals, cores: 100, pool: 0, service: 'fixed', call: 0.01, wait: 0.2 });
    within(outcome.meanShells, 50 * 0.21, 0.03);
    // With a core for everybody, what the machine adds is the work alone: the wait itself does not count.
    expect(outcome.p999).toBeCloseTo(0.01, 9);
  });
});

describe('pools', () => {
  const world: World = {
    ...{ arrivals: [0, 0, 10], cores: 1, pool: 1, call: 1, service: 'fixed', create: 2, clean: 0.5, wait: 0, seed: 1 },
  };

  it('a call makes its shell if none is idle, and pays for it', () => {
    // 0: call 1 s. 1.5 (after cleaning): making 2 s and call 1 s, done at 4.5. 10: a shell is there.
    const outcome = simulate(world);
    expect(outcome).toMatchObject({ calls: 3, cold: 1, peakShells: 2 });
    expect(outcome.p999).toBeCloseTo(4.5, 1);
    expect(outcome.p50).toBeCloseTo(1, 12);
    expect(simulate({ ...world, pool: 2 })).toMatchObject({ cold: 0, peakShells: 2 });
    expect(simulate({ ...world, pool: 0 }).cold).toBe(3);
  });

  it('invalid worlds are refused', () => {
    expect(() => simulate({ ...world, cores: 0 })).toThrow('cores');
    expect(() => simulate({ ...world, pool: -1 })).toThrow('pool');
    expect(() => simulate({ ...world, clean: Number.NaN })).toThrow('clean');
  });

  it('a larger pool makes fewer shells on the path, and holds more memory', () => {
    const costs = { name: 'made up', call: 100, create: 3000, clean: 10, shell: 1024 };
    const arrivals = burstyTrace(TRACE);
    const [none, some, many] = [0, 8, 64].map((pool) => poolRow(costs, pool, arrivals)) as [
      ReturnType<typeof poolRow>,
      ReturnType<typeof poolRow>,
      ReturnType<typeof poolRow>,
    ];
    expect(none.cold).toBe(arrivals.length);
    expect(some.cold).toBeLessThan(none.cold);
    expect(many.cold).toBeLessThan(some.cold);
    expect(many.p99).toBeLessThan(none.p99);
    expect(many.meanMiB).toBeGreaterThan(none.meanMiB);
    expect(poolRow(costs, 8, arrivals)).toEqual(some); // the same seed, the same figures
  });

  it('traces are the same for a seed, ascending, and bursty', () => {
    const trace = burstyTrace(TRACE);
    expect(trace).toEqual(burstyTrace(TRACE));
    expect(trace).not.toEqual(burstyTrace({ ...TRACE, seed: 1 }));
    expect(trace.every((at, index) => index === 0 || at >= trace[index - 1]!)).toBe(true);
    const perSecond = new Array<number>(TRACE.seconds).fill(0);
    for (const at of trace) perSecond[Math.floor(at)]!++;
    perSecond.sort((a, b) => a - b);
    within(perSecond[TRACE.seconds / 4]!, TRACE.quiet, 0.4);
    within(perSecond.at(-1)!, TRACE.burst, 0.2);
  });

  it('the agenda returns the soonest event, and ties in order', () => {
    const agenda = new Agenda<number>();
    const times = [5, 1, 3, 1, 4, 1, 5, 9, 2, 6];
    times.forEach((at, index) => {
      agenda.plan(at, index);
    });
    const events = Array.from(times, () => agenda.next()!);
    const expected = times.map((at, what) => ({ at, what })).sort((a, b) => a.at - b.at || a.what - b.what);
    expect(events.map(({ at, what }) => ({ at, what }))).toEqual(expected);
    expect(agenda.next()).toBeUndefined();
  });
});

describe('capacity', () => {
  const measured = { callSync: 60, entry: 50, hypercall: 30, hypercallEntry: 26 };

  it('a call consists of entry, work and hypercalls', () => {
    expect(callCost(measured, 4)).toEqual({ entry: 4, work: 10, hypercalls: 0, total: 14 });
    expect(callCost(measured, 4, 10).total).toBe(4 + 10 + 10 * (4 + 4));
    expect(callCost(measured, 4, 1, 2).total).toBe(4 + 5 + (4 + 2));
    expect(callsPerSecond(callCost(measured, 40))).toBe(20_000);
    expect(() => callCost(measured, 0)).toThrow('bare entry');
  });

  it('a server has cores by their use, and contexts by memory or by machines', () => {
    const server = { cores: 11, memory: 10, share: 0.5, load: 0.5, mostMachines: 1000 };
    const capacity = serverCapacity(server, callCost(measured, 40), 0.9, 1024, 1024);
    expect(capacity.callsPerSecond).toBeCloseTo(0.5 * 20_000 * 10, 6);
    expect(capacity.idleContexts).toBe(5 * contextsPerGiB(1024));
    expect(capacity).toMatchObject({ waitingContexts: 1000, bound: 'machines' });
    expect(serverCapacity(server, callCost(measured, 40), 0.9, 1024, 10_240)).toMatchObject({
      waitingContexts: 512,
      bound: 'memory',
    });
  });
});

describe('the page', () => {
  it('is Markdown', () => {
    expect(table(['a', 'b'], [['1', '2']])).toBe('| a | b |\n| --- | ---: |\n| 1 | 2 |');
    expect([0.0123, 1.234, 12_345.6, Number.NaN].map(digits)).toEqual(['0.0123', '1.23', '12,346', '–']);
    expect([0.5, 12, 12_345, 2e6, 0].map(duration)).toEqual(['500 ns', '12 us', '12.3 ms', '2 s', '0 us']);
    const page = 'x\n<!-- made: a -->\nold\n<!-- end: a -->\ny';
    expect(fill(page, { a: 'new' })).toBe('x\n<!-- made: a -->\nnew\n<!-- end: a -->\ny');
    expect(() => fill(page, { b: 'new' })).toThrow("'<!-- made: b -->'");
  });

  it('a digest has all needed figures, and reports missing ones', () => {
    const report = {
      ...{ suite: 'boot', quick: false, rounds: 2, trials: [{ load: { before: 0.5, after: 2 } }] },
      facts: { time: 't', commit: null, kernel: '6.1 x', cpu: { model: 'm', count: 2 }, kvm: { flavour: 'f' } },
      subjects: [{ subject: 'a' }, { subject: 'b' }],
      rows: [1, 2, 30].map((p99) => ({ subject: 'a', p99 })),
      summary: [{ subject: 'a', median: 1.23456, min: 1, max: 2 }],
    };
    const digest = digestOf(report, (subject) => subject === 'a');
    expect(digest.figures).toEqual({ a: { median: 1.235, min: 1, max: 2, p99: 2 } });
    expect(digest).toMatchObject({ load: 2, kernel: '6.1', commit: 'unknown' });
    const figures = new Lookup({ boot: digest });
    expect(figures.median('a', 'boot')).toBe(1.235);
    expect(() => figures.median('b', 'boot')).toThrow('run it with --json');
    expect(isNeeded('floor', 'memory.same')).toBe(true);
    expect(isNeeded('floor', 'c.entry')).toBe(false);
  });

  it('scale.md and its chart agree with the figures', async () => {
    const { sections, chart } = await makePage(readDigest());
    const page = readFileSync(pageFile, 'utf8');
    expect(page).toBe(fill(page, sections));
    expect(readFileSync(chartFile, 'utf8')).toBe(chart);
  });

  it('a figure that changes changes the page', async () => {
    const digest = readDigest();
    const boot = digest['boot']!;
    const entry = boot.figures['c.entry']!;
    const changed = {
      ...digest,
      boot: { ...boot, figures: { ...boot.figures, 'c.entry': { ...entry, median: entry.median * 2 } } },
    };
    expect((await makePage(changed)).sections['boot']).not.toBe((await makePage(digest)).sections['boot']);
  });
});
