/** The length of work from which on isolation costs next to nothing. */

/**
 * Returns the native time from which on an isolated run takes less than `share` longer. It interpolates between the
 * last point that is not below and the next one, by a straight line on log-log axes. Both lists have the same order, by
 * rising native time, and one unit, which is also the result's.
 * @returns the first native time if all points are below, NaN if the last one is not, because nothing is extrapolated
 */
export function crossover(native: readonly number[], isolated: readonly number[], share = 0.05): number {
  const added = native.map((time, index) => (isolated[index] ?? Number.NaN) / time - 1);
  const last = added.findLastIndex((more) => !(more < share));
  const [low, high] = [native[last], native[last + 1]];
  if (last === -1) return native[0] ?? Number.NaN;
  if (low === undefined || high === undefined) return Number.NaN;
  const [above, below] = [added[last]!, added[last + 1]!];
  // A point at or below zero has no logarithm, so a tenth of the share replaces it.
  const part = Math.log(above / share) / Math.log(above / Math.max(below, share / 10));
  return low * (high / low) ** part;
}
