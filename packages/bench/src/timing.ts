/** Makes samplers from functions. Only the operation runs between the two readings of the clock. */
import type { Sampler } from './types.js';

const elapsed = (start: bigint) => Number(process.hrtime.bigint() - start);

/** Runs `batch` operations per sample, for operations that are short compared to the clock's cost (about 0.1 us). */
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

/** Runs unmeasured work between the samples, such as waiting for the clean-up after the last one. */
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
