/**
 * Identifies the process that writes a file, so that another process can check whether it still runs. A process number
 * alone is reused, after a boot at the latest.
 */
import { readFileSync } from 'node:fs';

export interface Who {
  readonly pid: number;
  /** Start time in kernel ticks since the boot. */
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

/**
 * Returns field 22 of /proc/PID/stat. The name before it may contain blanks and parentheses. A zombie has no start time
 * here.
 */
function startOf(pid: number): string {
  const text = read(`/proc/${pid}/stat`);
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? '' : (fields[19] ?? '');
}

export const self = (): Who => ({ pid: process.pid, started: startOf(process.pid), boot: boot() });

export function isAlive({ pid, started, boot: theirs }: Who): boolean {
  return pid !== process.pid && theirs === boot() && started !== '' && startOf(pid) === started;
}
