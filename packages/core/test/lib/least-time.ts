/**
 * CPU time excludes other processes on the machine, except for their use of the caches. The fastest of several runs is
 * the least disturbed one.
 */

/** Returns the CPU time of the fastest run, in milliseconds. */
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
