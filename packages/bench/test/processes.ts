/** Descendants of a process, from /proc. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessId {
  readonly pid: number;
  readonly command: string;
  /** In clock ticks since boot: distinguishes processes with the same number. */
  readonly started: string;
}

interface Stat extends ProcessId {
  readonly parent: number;
  readonly state: string;
}

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const command = text.slice(text.indexOf('(') + 1, end);
    return { pid, command, state: fields[0]!, parent: Number(fields[1]), started: fields[19]! };
  } catch {
    return undefined;
  }
}

/** A zombie does not count, because it holds nothing. */
const running = (stat: Stat | undefined): stat is Stat => stat !== undefined && !'ZX'.includes(stat.state);

export function isAlive({ pid, started }: ProcessId): boolean {
  const now = stat(pid);
  return running(now) && now.started === started;
}

export function descendants(of: number): ProcessId[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => stat(Number(name)))
    .filter(running);
  const below = (parent: number): Stat[] =>
    all.filter((stat) => stat.parent === parent).flatMap((stat) => [stat, ...below(stat.pid)]);
  return below(of).map(({ pid, command, started }) => ({ pid, command, started }));
}
