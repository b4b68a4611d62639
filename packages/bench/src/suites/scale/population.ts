/** Entry of a process that holds more and more contexts and measures the memory of itself and its children. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Context, createContext, js, type Program } from '@colony/core';
import { cProgram, PATIENT } from '../contexts.js';

export interface Population {
  readonly backend: string;
  readonly language: 'c' | 'js';
  /** `idle`: created. `kept`: also called once, so that each has its own state. */
  readonly state: 'idle' | 'kept';
  /** Counts in ascending order. */
  readonly counts: readonly number[];
  /** Milliseconds for pools to fill, and for unneeded resources to be freed. */
  readonly rest: number;
}

function childrenOf(pid: string): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
}

const withDescendants = (pid: string): string[] => [pid, ...childrenOf(pid).flatMap(withDescendants)];

/** KiB; shared pages count by share. @throws if a child cannot be read */
function proportional(pid: string): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const size = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  if (size === undefined) throw new Error(`/proc/${pid}/smaps_rollup names no Pss`);
  return Number(size);
}

async function total(rest: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, rest));
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return withDescendants(String(process.pid)).reduce((sum, pid) => sum + proportional(pid), 0);
}

const programOf = (language: Population['language']): Program =>
  language === 'c' ? cProgram('state.c') : js`let calls = 0; export function count() { return ++calls }`;

async function add({ backend, state }: Population, program: Program): Promise<Context> {
  const context = await createContext({ backend, program, pool: {}, limits: PATIENT });
  if (state === 'kept') {
    const keeping = context.with({ state: 'keep' });
    for (const expected of [1, 2]) {
      const calls = await keeping.call('count');
      if (calls !== expected) throw new Error(`a context kept another state than its own: ${calls} calls`);
    }
  }
  return context;
}

/** KiB per context at each count. This includes what all contexts share, whose part shrinks with the count. */
async function measure(population: Population): Promise<number[]> {
  const before = await total(population.rest);
  const program = programOf(population.language);
  const contexts: Context[] = [];
  const results: number[] = [];
  for (const count of population.counts) {
    while (contexts.length < count) contexts.push(await add(population, program));
    results.push(((await total(population.rest)) - before) / count);
  }
  return results;
}

process.once('message', async (population: Population) => {
  const values = await measure(population);
  process.send?.(values, () => process.exit(0));
});
