/** Subjects of one run: the run gives several numbers, and the first subject that is measured starts it. */
import { quantileSorted } from 'simple-statistics';
import type { Sampler, Spec, Unit } from '../../types.js';

/** Runs `work` on the first call, and returns the same promise to every caller. */
export function shared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

export const sampled =
  <T>(run: () => Promise<T>, of: (result: T) => readonly number[]): Sampler =>
  async () => [...of(await run())];

export const onceSpec = (
  subject: string,
  what: string,
  floors: readonly string[] = [],
  unit: Unit = 'us',
  point?: Spec['point'],
): Spec => ({ ...{ subject, what, unit, floors, once: true }, ...(point && { point }) });

export function quantile(values: readonly number[], share: number): number {
  return quantileSorted(
    [...values].sort((a, b) => a - b),
    share,
  );
}
