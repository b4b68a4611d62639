/** Subjects of one go: several numbers from one run, which the first of them to be asked for makes. */
import { quantileSorted } from 'simple-statistics';
import type { Sampler, Spec, Unit } from '../../types.js';

/** Runs `work` when first asked, and gives every asker the same answer. */
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
