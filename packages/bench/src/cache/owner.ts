/** Which process writes a file, so that another one can tell whether it still does. A number alone comes again, after a boot at the latest. */
import { readFileSync } from 'node:fs';

export interface Who {
  readonly pid: number;
  /** In the kernel's ticks since the boot. */
  readonly started: string;
  readonly boot: string;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const boot = () => read('/proc/sys/kernel/random/boot_id').trim();

/** Field 22 of /proc/PID/stat; the name before may hold blanks and parentheses. A process that only waits to be buried has none. */
function startOf(pid: number): string {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

export const self = (): Who => ({ pid: process.pid, started: startOf(process.pid), boot: boot() });

export function isAlive({ pid, started, boot: theirs }: Who): boolean {
  return pid !== process.pid && theirs === boot() && started !== '' && startOf(pid) === started;
}
