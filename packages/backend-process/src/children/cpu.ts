/** CPU time as the kernel counts it. */
import { readFileSync } from 'node:fs';

/** The kernel's unit in /proc, on every Linux: 1/100 s. */
const TICK = 10;

/** The shortest wait between two checks, in milliseconds. */
const LEAST_WAIT = 10;

/** Milliseconds used by all threads of a process; `undefined` if it is gone. */
export function cpuTimeOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name before may contain anything, even parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  } catch {
    return undefined;
  }
}

/** Calls back once `clock` has advanced by `limit` milliseconds. Returns a function that ends the watch. */
export function watchCpu(clock: () => number | undefined, limit: number, onOver: () => void): () => void {
  if (limit === Number.POSITIVE_INFINITY) return () => {};
  const start = clock() ?? 0;
  let timer: NodeJS.Timeout;
  const look = () => {
    const now = clock();
    if (now === undefined) return;
    const left = limit - (now - start);
    if (left <= 0) onOver();
    else wait(left);
  };
  const wait = (ms: number) => {
    timer = setTimeout(look, Math.min(Math.max(ms, LEAST_WAIT), 2 ** 31 - 1));
  };
  wait(limit);
  return () => clearTimeout(timer);
}
