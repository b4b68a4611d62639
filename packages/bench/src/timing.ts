/** Samplers from functions. Only the operation is between the two readings of the clock. */
import type { Sampler } from './types.js';

const elapsed = (start: bigint) => Number(process.hrtime.bigint() - start);

/** `batch` operations a sample, for those that are short against the clock's own cost (about 0.1 us). */
export function timed(operation: () => unknown, batch = 1): Sampler {
  return (count) => {
    const samples: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = process.hrtime.bigint();
      for (let j = 0; j < batch; j++) operation();
      samples.push(elapsed(start) / batch);
    }
    return samples;
  };
}

export function timedAsync(operation: () => Promise<unknown>): Sampler {
  return async (count) => {
    const samples: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = process.hrtime.bigint();
      await operation();
      samples.push(elapsed(start));
    }
    return samples;
  };
}

/** With work between the samples that is not measured, such as waiting for what the last one left behind. */
export function timedApart(operation: () => unknown, between: () => Promise<void>): Sampler {
  return async (count) => {
    const samples: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = process.hrtime.bigint();
      const result = operation();
      if (result instanceof Promise) await result;
      samples.push(elapsed(start));
      await between();
    }
    return samples;
  };
}
