/** What the errors of limits say. */
import { ColonyError, type RunLimits } from '@colony/core';

type TimeOrOutput = 'wallTime' | 'cpuTime' | 'output';

const CODES = { wallTime: 'ERR_LIMIT_WALL_TIME', cpuTime: 'ERR_LIMIT_CPU_TIME', output: 'ERR_LIMIT_OUTPUT' } as const;

const MESSAGES: Record<TimeOrOutput, (limit: number) => string> = {
  wallTime: (ms) => `the call took longer than its wall time of ${ms} ms: raise limits.wallTime, or let it do less`,
  cpuTime: (ms) => `the call used more than its CPU time of ${ms} ms: raise limits.cpuTime, or let it do less`,
  output: (bytes) => `the guest handed over more than ${bytes} bytes at once: raise limits.output`,
};

export function limitError(which: TimeOrOutput, limits: RunLimits): ColonyError {
  const limit = limits[which];
  return new ColonyError(CODES[which], MESSAGES[which](limit), { details: { limit } });
}
