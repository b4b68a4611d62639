/** Limits of contexts from a recorded profile. */
import type { Needed } from './profile.js';

export interface ProfiledLimits {
  /** The profile's file, as messages name it. */
  readonly from: string;
  readonly calls: number;
  /** Memory is only comparable on the backend that it was seen on. */
  readonly backend: string;
  readonly limits: Readonly<
    Partial<Record<'memory' | 'bytesIn' | 'bytesOut' | 'hypercalls' | 'wallTime' | 'cpuTime', number>>
  >;
}

const KIB = 1024;
const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;

/**
 * Twice the sizes and counts, and ten times the times, which depend on the machine and on what else it does. The least of
 * each keeps a short recording from making limits that the next call of the same kind would meet.
 */
export function limitsFrom(needed: Needed, from: string): ProfiledLimits {
  const { calls, backend, memory, bytesIn, bytesOut, hypercalls, wallTime, cpuTime } = needed;
  const limits = {
    memory: roundUp(2 * memory, KIB * KIB),
    bytesIn: Math.max(4 * KIB, roundUp(2 * bytesIn, KIB)),
    bytesOut: Math.max(4 * KIB, roundUp(2 * bytesOut, KIB)),
    hypercalls: hypercalls === 0 ? 0 : Math.max(16, 2 * hypercalls),
    wallTime: Math.max(100, roundUp(10 * wallTime.max, 10)),
    cpuTime: Math.max(100, roundUp(10 * cpuTime, 10)),
  };
  return { from, calls, backend, limits };
}
