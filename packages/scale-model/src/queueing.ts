/** Formulas of queueing theory, which verify the simulation. Rates per second, times in seconds. */

/** Probability that an arrival has to wait, M/M/c (Erlang's C formula). `offered`: arrival rate times service time. */
export function erlangC(servers: number, offered: number): number {
  // Erlang's B by its recursion, which does not overflow.
  let blocked = 1;
  for (let n = 1; n <= servers; n++) blocked = (offered * blocked) / (n + offered * blocked);
  const utilization = offered / servers;
  return blocked / (1 - utilization * (1 - blocked));
}

/** Mean wait before service, M/M/c. */
export function waitMMc(rate: number, service: number, servers: number): number {
  const offered = rate * service;
  if (offered >= servers) return Number.POSITIVE_INFINITY;
  return (erlangC(servers, offered) * service) / (servers - offered);
}

/** Mean wait before service, M/D/1 (Pollaczek and Khinchine with no variance of service). */
export function waitMD1(rate: number, service: number): number {
  const utilization = rate * service;
  if (utilization >= 1) return Number.POSITIVE_INFINITY;
  return (utilization * service) / (2 * (1 - utilization));
}
