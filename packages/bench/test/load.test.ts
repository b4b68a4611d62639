// Load: it is generated as described, and its figures are computed correctly. Timing is not tested.
import { describe, expect, it, type TestContext } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
// The built file, because it starts a process that runs built code.
import { live } from '../dist/suites/load/live.js';
import { load } from '../src/suites/load/index.js';
import { closedLoop, evenly, openLoop, poisson, ramp, timePerCall } from '../src/suites/load/loops.js';
import { quantile, shared } from '../src/suites/load/once.js';
import { specsOf } from '../src/types.js';
import { expectQuickRun } from './quick-run.js';

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('callers', () => {
  it('run up to their number at a time, until calls or time are used up', async () => {
    let [inside, most, calls] = [0, 0, 0];
    const call = async () => {
      most = Math.max(most, ++inside);
      calls++;
      await rest(3);
      inside--;
    };
    const { latencies, ends } = await closedLoop(call, 4, { milliseconds: 60_000, most: 40 });
    expect([calls, most, latencies.length, ends.length]).toEqual([40, 4, 40, 40]);
    expect(Math.min(...latencies)).toBeGreaterThan(1e6);
    const timed = await closedLoop(call, 2, { milliseconds: 30, most: 1e6 });
    expect(timed.latencies.length).toBeGreaterThanOrEqual(2);
    expect(timed.ends.at(-1)).toBeGreaterThanOrEqual(30e6);
  });

  it('a failing call has no sample', async () => {
    await expect(closedLoop(() => Promise.reject(new Error('no')), 2, { milliseconds: 10, most: 10 })).rejects.toThrow(
      'no',
    );
  });

  it('time per call is the inverse of throughput, however many callers', () => {
    // Four callers, each with a call every 8 ms, in turn: a call every 2 ms.
    const ends = Array.from({ length: 200 }, (_, index) => (index + 1) * 2e6);
    const finished = { latencies: ends.map(() => 8e6), ends };
    for (const callers of [1, 4, 64])
      for (const time of timePerCall(finished, callers)) expect(time).toBeCloseTo(2e6, 3);
    expect(timePerCall({ latencies: [5e6], ends: [5e6] }, 1)).toEqual([5e6]);
    expect(timePerCall({ latencies: [5e6, 5e6], ends: [4e6, 6e6] }, 2)).toEqual([3e6]);
  });
});

describe('arrivals', () => {
  it('have even distances', () => expect(evenly(4, 500)).toEqual([0, 2, 4, 6]));

  it('of Poisson are the same for a seed, with the right rate, and gaps that scatter as much as their mean', () => {
    const arrivals = poisson(20_000, 1000, 4);
    expect(arrivals).toEqual(poisson(20_000, 1000, 4));
    const gaps = arrivals.map((at, index) => at - (arrivals[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
    expect(mean).toBeGreaterThan(0.97);
    expect(mean).toBeLessThan(1.03);
    expect(deviation / mean).toBeGreaterThan(0.95);
    expect(deviation / mean).toBeLessThan(1.05);
  });

  it('of a burst rise from nothing to its rate within its time, and stay there', () => {
    const arrivals = ramp(500, 1);
    expect(arrivals).toHaveLength(750);
    const during = (from: number, to: number) => arrivals.filter((at) => at >= from && at < to).length;
    expect(during(0, 1000)).toBe(250);
    expect(during(0, 500)).toBeGreaterThanOrEqual(62);
    expect(during(0, 500)).toBeLessThanOrEqual(63);
    expect(during(900, 1000)).toBeGreaterThan(45);
    expect(during(1000, 2000)).toBe(500);
  });

  it('latency counts from the planned arrival, not from the start', async () => {
    // One at a time, 20 ms each, all arriving at once: the third waits for two others.
    let last: Promise<void> = Promise.resolve();
    const call = () => {
      last = last.then(() => rest(20));
      return last;
    };
    const [first = 0, , third = 0] = await openLoop(call, [0, 0, 0]);
    expect(first).toBeGreaterThan(18e6);
    expect(third).toBeGreaterThan(55e6);
  });

  it('do not wait for earlier answers', async () => {
    let inside = 0;
    let open = () => {};
    const allInside = new Promise<void>((resolve) => (open = resolve));
    await openLoop(
      () => {
        if (++inside === 10) open();
        return allInside;
      },
      evenly(10, 1000),
    );
    expect(inside).toBe(10);
  });
});

it('a load that several subjects share runs once', async () => {
  let runs = 0;
  const run = shared(async () => ++runs);
  expect(await Promise.all([run(), run()])).toEqual([1, 1]);
  expect(await run()).toBe(1);
  expect(quantile([3, 1, 2], 0.5)).toBe(2);
});

describe('contexts that live', () => {
  it.for([false, true])('return their own values (kept: %s)', async (kept, context: TestContext) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    const { right, create, call } = await live({ kept, count: 20 });
    expect([right, create.length, call.length]).toEqual([20, 20, 20]);
  });
});

it('every point is in an existing chart, and each line has one subject at a place', () => {
  const charts = load.charts ?? [];
  const points = specsOf(load).flatMap(({ subject, point }) => (point === undefined ? [] : [{ subject, ...point }]));
  for (const { chart } of points) expect(charts.map(({ id }) => id)).toContain(chart);
  const places = points.map(({ chart, line, x }) => `${chart} ${line} ${x}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { id } of charts) expect(points.some(({ chart }) => chart === id)).toBe(true);
});

it('a quick run measures everything', { timeout: 400_000 }, (context) => expectQuickRun('load', context));
