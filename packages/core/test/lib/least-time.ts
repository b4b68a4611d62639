/** Times on a machine that others use, too: the least of several runs is the one that was disturbed least. */

/** Milliseconds of the quickest run. */
export function leastTime(work: () => unknown, runs: number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}
