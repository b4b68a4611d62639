/** What the errors of limits say. */
import { ColonyError, type RunLimits } from '@colony/core';

type TimeOrOutput = 'wallTime' | 'cpuTime' | 'output';

const CODES = { wallTime: 'ERR_LIMIT_WALL_TIME', cpuTime: 'ERR_LIMIT_CPU_TIME', output: 'ERR_LIMIT_OUTPUT' } as const;

const MESSAGES: Record<TimeOrOutput, (limit: number) => string> = {
  wallTime: (ms) => `the call took longer than its wall time of ${ms} ms: raise limits.wallTime, or let it do less`,
  cpuTime: (ms) => `the call used more than its CPU time of ${ms} ms: raise limits.cpuTime, or let it do less`,
  output: (bytes) => `the guest handed over more than ${bytes} bytes at once: raise limits.output`,
};

/** What a call is told whose child took too long to evaluate the program again: that limit is not the call's. */
export function evaluationError(error: unknown): unknown {
  if (!ColonyError.is(error) || (error.code !== CODES.wallTime && error.code !== CODES.cpuTime)) return error;
  const { limit } = error.details;
  const message =
    `a child process took longer than ${limit} ms to evaluate the program for a call, which is more than three times ` +
    'what the first evaluation may take: is the machine overloaded?';
  return new ColonyError(error.code, message, { details: error.details });
}

export function limitError(which: TimeOrOutput, limits: RunLimits): ColonyError {
  const limit = limits[which];
  return new ColonyError(CODES[which], MESSAGES[which](limit), { details: { limit } });
}
