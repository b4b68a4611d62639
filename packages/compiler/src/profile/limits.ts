/** Limits of contexts from a recorded profile. */
import type { Needed } from './profile.js';

export interface ProfiledLimits {
  /** The name of the profile's file in messages. */
  readonly from: string;
  readonly calls: number;
  /** The backend of the recording: memory can only be compared on the same one. */
  readonly backend: string;
  readonly limits: Readonly<
    Partial<Record<'memory' | 'bytesIn' | 'bytesOut' | 'hypercalls' | 'wallTime' | 'cpuTime', number>>
  >;
}

const KIB = 1024;
const roundUp = (value: number, step: number) => Math.ceil(value / step) * step;

/**
 * Doubles sizes and counts, and multiplies times by ten, because times depend on the machine and its load. The minimum
 * of each limit keeps a short recording from setting limits that the next call of the same kind would exceed.
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
