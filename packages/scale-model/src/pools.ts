/** Simulates pool sizes under one bursty trace, to find a good size. */
import type { Measured } from './constants.js';
import { type Outcome, simulate } from './simulate.js';
import { type Bursts, burstyTrace } from './trace.js';

/** Numbers of idle shells. */
const POOLS = [0, 1, 2, 4, 8, 16, 32, 64, 128] as const;

/** Assumed, and described on the page: a service that is quiet between bursts of 20 times its rate. */
export const TRACE: Bursts = { seed: 2022, seconds: 600, quiet: 25, burst: 500, between: 20, lasts: 2 };
/** Cores, and the mean wait for a host function (a database query) in seconds. Assumed. */
const CORES = 2;
const WAIT = 0.02;
const SEED = 7;

export interface PoolCosts {
  readonly name: string;
  /** Microseconds: a call, making a shell, cleaning one. */
  readonly call: number;
  readonly create: number;
  readonly clean: number;
  /** KiB of a shell with its context. */
  readonly shell: number;
}

export interface PoolRow extends Outcome {
  readonly costs: string;
  readonly pool: number;
  readonly peakMiB: number;
  readonly meanMiB: number;
}

const SECONDS = 1e-6;

export function poolRow(costs: PoolCosts, pool: number, arrivals = burstyTrace(TRACE)): PoolRow {
  const outcome = simulate({
    ...{ arrivals, cores: CORES, pool, service: 'fixed', wait: WAIT, seed: SEED },
    ...{ call: costs.call * SECONDS, create: costs.create * SECONDS, clean: costs.clean * SECONDS },
  });
  const mib = (shells: number) => (shells * costs.shell) / 1024;
  return { ...outcome, costs: costs.name, pool, peakMiB: mib(outcome.peakShells), meanMiB: mib(outcome.meanShells) };
}

export function poolRows(costs: readonly PoolCosts[]): PoolRow[] {
  const arrivals = burstyTrace(TRACE);
  return costs.flatMap((poolCosts) => POOLS.map((pool) => poolRow(poolCosts, pool, arrivals)));
}

/** A call takes a bare entry, the work beyond it, and one hypercall for its wait. */
export function poolCosts(
  name: string,
  measured: Measured,
  machine: { readonly entry: number; readonly create: number; readonly clean: number; readonly shell: number },
): PoolCosts {
  const work = Math.max(0, measured.callSync - measured.entry - machine.clean);
  const call = machine.entry + work + machine.entry;
  return { name, call, create: machine.create, clean: machine.clean, shell: machine.shell };
}
