/** From which length on isolation costs next to nothing. */

/**
 * The native time from which on an isolated run takes less than `share` longer, between the measured points: the last
 * point that is not below, joined to the next one by a straight line on log-log paper. Both lists in the same order, by
 * rising native time, in one unit, which is the result's too.
 * @returns the first native time where all points are below, NaN where the last one is not: nothing is extrapolated
 */
export function crossover(native: readonly number[], isolated: readonly number[], share = 0.05): number {
  const added = native.map((time, index) => (isolated[index] ?? Number.NaN) / time - 1);
  const last = added.findLastIndex((more) => !(more < share));
  const [low, high] = [native[last], native[last + 1]];
  if (last === -1) return native[0] ?? Number.NaN;
  if (low === undefined || high === undefined) return Number.NaN;
  const [above, below] = [added[last]!, added[last + 1]!];
  // A point at or below nothing has no logarithm: it stands for a tenth of the share.
  const part = Math.log(above / share) / Math.log(above / Math.max(below, share / 10));
  return low * (high / low) ** part;
}
