// The scaling subjects vary what they describe. The figures themselves need a quiet machine.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Context, createContext } from '@colony/core';
import { afterAll, describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor, FloorProcess } from '../src/floor-process.js';
import { BACKENDS } from '../src/suites/cells.js';
import { cProgram } from '../src/suites/contexts.js';
import { scale } from '../src/suites/scale/index.js';
import { DIRTY_PAGES } from '../src/suites/scale/points.js';
import type { Population } from '../src/suites/scale/population.js';
import { work } from '../src/suites/work/index.js';
import { specsOf } from '../src/types.js';
import { expectQuickRun } from './quick-run.js';

const MIB = 2 ** 20;
const opened: Context[] = [];
afterAll(() => Promise.all(opened.map((context) => context.dispose())));

describe.each([work, scale].flatMap((suite) => (suite.charts ?? []).map((chart) => [chart.id, suite, chart] as const)))(
  'chart %s',
  (id, suite, chart) => {
    const points = specsOf(suite).flatMap(({ point, unit }) => (point?.chart === id ? [{ ...point, unit }] : []));

    it('has lines, each with one subject at a place, all in one unit', () => {
      const names = [...new Set(points.map(({ line }) => line))];
      const lines = names.map((name) => points.filter(({ line }) => line === name));
      expect(lines.length).toBeGreaterThan(1);
      for (const line of lines) expect(new Set(line.map(({ x }) => x)).size).toBe(line.length);
      expect(new Set(points.map(({ unit }) => unit)).size).toBe(1);
    });

    it('has points only on its axis', () => {
      if (chart.x.scale === 'log') for (const { x } of points) expect(x).toBeGreaterThan(0);
    });
  },
);

it('every point is in an existing chart', () => {
  for (const suite of [work, scale])
    for (const { point } of specsOf(suite))
      if (point !== undefined) expect(suite.charts?.map(({ id }) => id)).toContain(point.chart);
});

it('every subject behind a boundary names it', () => {
  for (const suite of [work, scale])
    for (const { subject, boundary, derived } of specsOf(suite))
      if (derived === undefined) expect(boundary !== undefined, subject).toBe(!/^c\.|^kvm\.reset\./.test(subject));
});

describe.each(BACKENDS)('%s', (backend) => {
  const open = async (program: ReturnType<typeof cProgram>, memory: number) => {
    const limits = { memory, wallTime: '2 min', cpuTime: '2 min' } as const;
    const context = await createContext({ backend, program, pool: {}, policy: { limits } });
    opened.push(context as Context);
    return context as Context;
  };
  const skipWithoutKvm = (context: { skip(note: string): void }) => {
    const problem = backend === 'kvm' ? kvmProblem() : undefined;
    if (problem !== undefined) context.skip(problem);
  };

  it('has the whole image from the first call on', { timeout: 300_000 }, async (task) => {
    skipWithoutKvm(task);
    for (const size of [16384, 4 * MIB]) {
      const context = await open(cProgram('image.c', `-DSIZE=${size}u`), size + 16 * MIB);
      expect(await context.call('intact')).toBe(size);
    }
  });

  it('passes bytes in and out', { timeout: 300_000 }, async (task) => {
    skipWithoutKvm(task);
    const context = await open(cProgram('bytes.c'), 64 * MIB);
    for (const size of [0, 1, MIB]) {
      expect(await context.call('take', new Uint8Array(size))).toBe(size);
      const bytes = (await context.call('give', size)) as Uint8Array;
      expect(Buffer.compare(bytes, Buffer.alloc(size, 7))).toBe(0);
    }
  });
});

describe('the C floors', () => {
  const floors = new FloorProcess(buildFloor());
  afterAll(() => floors.close());

  it('write and restore as many pages as the largest point', async (task) => {
    const problem = kvmProblem();
    if (problem !== undefined) task.skip(problem);
    const most = DIRTY_PAGES.at(-1);
    // The least of 25 samples, because a busy machine adds to each.
    const least = async (name: string) => Math.min(...(await floors.sampler(name)(25)));
    expect(await least(`c.reset.${most}`)).toBeGreaterThan(10 * (await least('c.reset.16')));
    // In sequence, each with the number of exits in its name.
    expect(await least('c.hypercalls.100')).toBeGreaterThan(10 * (await least('c.hypercalls.1')));
  });

  it('report a number that is too large', async () => {
    const other = new FloorProcess(buildFloor());
    await expect(other.sampler('c.hotset.4097')(1)).rejects.toThrow('c.hotset.4097: at most 4096');
    await other.close();
  });
});

it('a population includes its children, and each of its contexts has its own state', {
  timeout: 300_000,
}, async () => {
  const entry = fileURLToPath(new URL('../dist/suites/scale/population.js', import.meta.url));
  const measure = (population: Population) =>
    new Promise<number[]>((resolve, reject) => {
      const child = fork(entry, { execArgv: ['--expose-gc'] });
      child.once('message', (values: number[]) => resolve(values));
      child.once('exit', (status) => reject(new Error(`ended with ${status}`)));
      child.send(population);
    });
  const shared = { language: 'js', rest: 100 } as const;
  const [one, three] = await measure({ ...shared, backend: 'wasm', state: 'kept', counts: [1, 3] });
  expect(one).toBeGreaterThan(1024);
  expect(three).toBeLessThan(one!);
  // Each context has its own Node, in another process.
  const [node] = await measure({ ...shared, backend: 'process', state: 'kept', counts: [2] });
  expect(node).toBeGreaterThan(10 * 1024);
});

it('every subject of a quick run is measured, or there is a reason', { timeout: 600_000 }, (task) =>
  expectQuickRun('scale', task),
);
