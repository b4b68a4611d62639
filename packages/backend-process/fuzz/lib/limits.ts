import type { RunLimits } from '@colony/core';

/** Of the calls that are made of what a child says. No time: what must end, ends by the input. */
export const limits: RunLimits = {
  memory: 2 ** 20,
  wallTime: Number.POSITIVE_INFINITY,
  cpuTime: Number.POSITIVE_INFINITY,
  output: 4096,
};
