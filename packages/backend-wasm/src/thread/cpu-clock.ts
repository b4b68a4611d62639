/** CPU time of the calling thread, where Linux tells it. */
import { readFileSync } from 'node:fs';

const FILE = '/proc/thread-self/schedstat';

/** Milliseconds that this thread has run; undefined where nobody says. */
export function threadCpu(): number | undefined {
  try {
    const nanoseconds = Number(readFileSync(FILE, 'utf8').split(' ')[0]);
    return Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
