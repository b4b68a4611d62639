/** Processes, as the kernel sees them. */
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '@colony/conformance';

/** Is it there, and no zombie? */
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
