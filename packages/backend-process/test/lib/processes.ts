/** Processes, as reported by the kernel. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { eventually } from '@colony/conformance';

/** Whether the process exists and is not a zombie. */
export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}`)) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}

export async function gone(...pids: readonly number[]): Promise<void> {
  await eventually(() => {
    const left = pids.filter(isAlive);
    return left.length === 0 ? undefined : `processes are left: ${left.join(', ')}`;
  });
}

export function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return []; // the process has ended
  }
}

/** Children, their children and so on. */
export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Sends a signal to all that exist. */
export function signalAll(pids: Iterable<number>, signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // ended with its parent
    }
  }
}
