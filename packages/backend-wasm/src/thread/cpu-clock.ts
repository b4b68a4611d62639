/** CPU time of the calling thread, as Linux reports it. */
import { readFileSync } from 'node:fs';

const FILE = '/proc/thread-self/schedstat';

/** Milliseconds that this thread has run; undefined if the system does not report them. */
export function threadCpu(): number | undefined {
  try {
    const nanoseconds = Number(readFileSync(FILE, 'utf8').split(' ')[0]);
    return Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
