/**
 * The rate rises from 0 to 500 calls a second within one second and stays there for one. The pool's state before it
 * matters most.
 */
import { type Backend, type BackendOptions, type Context, createContext, js, loadBackend } from '@colony/core';
import type { Group, Sampler, Spec } from '../../types.js';
import { cProgram, PATIENT } from '../contexts.js';
import { openLoop, ramp } from './loops.js';
import { onceSpec, quantile, sampled, shared } from './once.js';

const CELLS = ['kvm.js', 'kvm.c', 'wasm.js', 'process.c'] as const;
const POOLS = [
  { pool: 'warm', what: 'a pool that has served before', options: {}, warm: true },
  { pool: 'cold', what: 'a pool that is empty at first', options: {}, warm: false },
  { pool: 'none', what: 'no pool', options: { warm: 0 }, warm: false },
] as const;
const PER_SECOND = 500;
/** Concurrent calls before the burst, and their repetitions: they create as many shells as a burst may need. */
const WARM_UP = { atOnce: 16, times: 5 };

type Cell = (typeof CELLS)[number];
type Pool = (typeof POOLS)[number];

const named = (cell: string, pool: string, part: string) => `${cell}.burst.${pool}.${part}`;

function specsOf(cell: Cell, { pool, what }: Pool): Spec[] {
  const burst = `latency in a burst of 0 to ${PER_SECOND} null calls a second, ${cell}, ${what}`;
  const against = (part: string) => (pool === 'warm' ? [] : [named(cell, 'warm', part)]);
  return [
    onceSpec(named(cell, pool, 'latency'), burst, against('latency')),
    onceSpec(named(cell, pool, 'p99'), `p99 ${burst}`, against('p99')),
    onceSpec(named(cell, pool, 'worst'), `longest ${burst}`, against('worst')),
  ];
}

/** An unused backend. */
async function fresh(cell: Cell, options: BackendOptions): Promise<{ backend: Backend; context: Context }> {
  const [name = '', language] = cell.split('.');
  const module = await loadBackend(name);
  const backend = await module.open(options);
  const program = language === 'c' ? cProgram('null.c') : js`export function nothing() {} // in a burst`;
  const own = { ...module, open: async () => backend };
  return { backend, context: await createContext({ backend: own, program, policy: { limits: PATIENT } }) };
}

async function burst(cell: Cell, { options, warm }: Pool, quick: boolean): Promise<number[]> {
  const { backend, context } = await fresh(cell, options);
  try {
    const call = () => context.call('nothing');
    for (let i = 0; warm && i < WARM_UP.times; i++) await Promise.all(Array.from({ length: WARM_UP.atOnce }, call));
    return await openLoop(call, ramp(PER_SECOND, quick ? 0.1 : 1));
  } finally {
    await context.dispose();
    await backend.dispose();
  }
}

export const bursts: Group = {
  name: 'bursts',
  specs: CELLS.flatMap((cell) => POOLS.flatMap((pool) => specsOf(cell, pool))),
  async open({ quick }) {
    const samplers: Record<string, Sampler> = {};
    for (const cell of CELLS) {
      for (const pool of POOLS) {
        const run = shared(() => burst(cell, pool, quick));
        samplers[named(cell, pool.pool, 'latency')] = sampled(run, (latencies) => latencies);
        samplers[named(cell, pool.pool, 'p99')] = sampled(run, (latencies) => [quantile(latencies, 0.99)]);
        samplers[named(cell, pool.pool, 'worst')] = sampled(run, (latencies) => [Math.max(...latencies)]);
      }
    }
    return { samplers, close: async () => {} };
  },
};
