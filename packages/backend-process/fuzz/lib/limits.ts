import type { RunLimits } from '@colony/core';

/** Limits of the calls that read a child's output. They have no time, because the input ends each call. */
export const limits: RunLimits = {
  memory: 2 ** 20,
  wallTime: Number.POSITIVE_INFINITY,
  cpuTime: Number.POSITIVE_INFINITY,
  output: 4096,
};
