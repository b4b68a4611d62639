/**
 * Processor time: what others run on the machine adds nothing to it but the caches that they take. The least of several
 * runs is the one that was disturbed least.
 */

/** Milliseconds of processor time of the quickest run. */
export async function leastTime(work: () => unknown, runs: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
