/** Asks the kernel, independently of the product's own search, whether this process may make cgroups. */
import { mkdirSync, readFileSync, rmdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** statfs types of cgroup v1 and v2 (linux/magic.h): a folder in another file system does not limit anything. */
const MAGIC = [0x27e0eb, 0x63677270];

interface Mount {
  readonly path: string;
  readonly controllers: readonly string[];
}

function mounts(): Mount[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [, path, type, options = ''] = /^(?:\S+ ){4}(\S+) .* - (cgroup2?) \S+ (\S+)/.exec(line) ?? [];
    if (path === undefined) return [];
    if (type === 'cgroup') return [{ path, controllers: options.split(',') }];
    return [{ path, controllers: readFileSync(join(path, 'cgroup.subtree_control'), 'utf8').trim().split(' ') }];
  });
}

function permits({ path }: Mount): boolean {
  const folder = join(path, `probe-${process.pid}`);
  try {
    if (!MAGIC.includes(statfsSync(path).type)) return false;
    mkdirSync(folder);
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}

/** The reason why jails cannot have a cgroup here; undefined if they must have one. */
export function cgroupProblem(): string | undefined {
  const usable = mounts().filter(permits);
  const lacking = ['memory', 'pids'].filter((name) => !usable.some(({ controllers }) => controllers.includes(name)));
  if (lacking.length === 0) return undefined;
  return `no cgroup with ${lacking.join(' and ')} can be made here: /sys/fs/cgroup is missing, cannot be written or delegates nothing`;
}
