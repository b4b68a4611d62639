/** Resources that a host leaves behind, as the kernel reports them: processes, cgroups, descriptors, files. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** A process by number and start time, because its number may be reused. */
export interface Named {
  readonly pid: number;
  readonly start: string;
  readonly name: string;
}

interface Stat extends Named {
  readonly state: string;
  readonly parent: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may contain any characters.
    const [open, close] = [text.indexOf('('), text.lastIndexOf(')')];
    const fields = text.slice(close + 2).split(' ');
    const [state = '', parent = ''] = fields;
    return { pid, name: text.slice(open + 1, close), state, parent: Number(parent), start: fields[19] ?? '' };
  } catch {
    return undefined; // the process has ended
  }
}

export function descendantsOf(pid: number): Named[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child.pid)]);
}

function childrenOf(pid: number): Named[] {
  try {
    return readdirSync(`/proc/${pid}/task`)
      .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
      .flatMap((child) => statOf(Number(child)) ?? []);
  } catch {
    return []; // the process has ended
  }
}

/** Processes that still run. A zombie without a parent belongs to process 1, which reaps it at any time. */
export function stillRunning(processes: readonly Named[]): string[] {
  return processes.flatMap(({ pid, start }) => {
    const stat = statOf(pid);
    return stat === undefined || stat.start !== start || stat.state === 'Z' ? [] : [`${stat.name} (${pid})`];
  });
}

/** Children of a living process, zombies included. */
export const childrenLeft = (pid: number): string[] => childrenOf(pid).map(({ name }) => `child ${name}`);

function cgroupMounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => /^(?:\S+ ){4}(\S+) .* - cgroup2? /.exec(line)?.[1] ?? []);
}

/** The folder in which a host of this process makes its cgroups; undefined if it makes none. */
export function cgroupFolder(): string | undefined {
  const own = /^\d+:memory:(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  const mount = cgroupMounts().find((path) => path.endsWith('/memory'));
  return own === undefined || mount === undefined ? undefined : join(mount, own);
}

/** cgroups of a host, whose names contain its number. */
export function cgroupsOf(pid: number): string[] {
  const search = (folder: string, depth: number): string[] =>
    foldersIn(folder).flatMap((name) => [
      ...(name.startsWith('colony-') && name.includes(`.${pid}.`) ? [`cgroup ${join(folder, name)}`] : []),
      ...(depth > 0 ? search(join(folder, name), depth - 1) : []),
    ]);
  return cgroupMounts().flatMap((mount) => search(mount, 4));
}

function foldersIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return []; // the folder has just gone, or is not ours
  }
}

/** Descriptors of virtual machines and children in a living process. */
export function descriptorsLeft(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${descriptor}`);
      return /kvm|memfd|pidfd/.test(target) ? [`descriptor of ${target}`] : [];
    } catch {
      return []; // it was closed meanwhile
    }
  });
}

/** Entries of a folder and of its direct subfolders. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true }).map((name) => `file ${String(name)}`);
