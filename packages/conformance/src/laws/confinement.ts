/** Reads the confinement of the guests' processes from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Mechanism } from '@colony/core';
import { descendants } from '../host.js';

const read = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8');
const field = (pid: number, name: string): string =>
  new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(read(pid, 'status'))?.[1] ?? '';

const ownNamespace = (name: string) => (pid: number) =>
  readlinkSync(`/proc/${pid}/ns/${name}`) !== readlinkSync(`/proc/self/ns/${name}`);

/** More than a channel and the standard streams need; a process that inherits the host's descriptors has more. */
const MOST_DESCRIPTORS = 24;

/**
 * Checks whether a mechanism is applied to a process, as far as the host can see. The backend's own tests cover the
 * invisible ones: `landlock`, `dies-with-parent`, and `empty-root` without privileges.
 */
const VISIBLE: Partial<Readonly<Record<Mechanism, (pid: number) => boolean>>> = {
  'user-namespace': ownNamespace('user'),
  'mount-namespace': ownNamespace('mnt'),
  'network-namespace': ownNamespace('net'),
  'pid-namespace': ownNamespace('pid'),
  'ipc-namespace': ownNamespace('ipc'),
  'empty-root': (pid) =>
    !readdirSync(`/proc/${pid}/root`).some((name) => ['home', 'root', 'var', 'work'].includes(name)),
  'no-new-privileges': (pid) => field(pid, 'NoNewPrivs') === '1',
  'no-capabilities': (pid) => /^0+$/.test(field(pid, 'CapEff')) && /^0+$/.test(field(pid, 'CapPrm')),
  seccomp: (pid) => field(pid, 'Seccomp') === '2',
  rlimits: (pid) => /^Max core file size\s+0\s/m.test(read(pid, 'limits')),
  cgroup: (pid) => read(pid, 'cgroup') !== readFileSync('/proc/self/cgroup', 'utf8'),
  'cleared-environment': (pid) => !read(pid, 'environ').includes('PATH='),
  'closed-descriptors': (pid) => readdirSync(`/proc/${pid}/fd`).length <= MOST_DESCRIPTORS,
};

/**
 * Only root may inspect every process that runs machine code: the kernel hides an undumpable process from its parent.
 */
const isHidden = (error: unknown) =>
  process.getuid?.() !== 0 && ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');

/** Whether a mechanism is visibly absent. */
function isMissing(mechanism: Mechanism, pid: number): boolean {
  try {
    return VISIBLE[mechanism]?.(pid) === false;
  } catch (error) {
    if (isHidden(error)) return false;
    throw error;
  }
}

/** The mechanisms that a host can see. */
export const visibleMechanisms = Object.keys(VISIBLE) as readonly Mechanism[];

/** Processes without children: a launcher waits for its child, and a guest has no child. */
function leaves(): number[] {
  const all = descendants();
  const parents = new Set(all.map((pid) => Number(field(pid, 'PPid'))));
  return all.filter((pid) => !parents.has(pid));
}

/**
 * Describes a claimed mechanism that is missing; undefined if every claim holds for every process that could be a
 * guest's.
 */
export function confinement(claimed: readonly Mechanism[]): string | undefined {
  try {
    const processes = leaves();
    if (processes.length === 0) return 'there is no process to confine';
    for (const pid of processes)
      for (const mechanism of claimed)
        if (isMissing(mechanism, pid)) return `'${mechanism}' is claimed, but is not applied to process ${pid}`;
    return undefined;
  } catch (error) {
    // The process has ended meanwhile or is hidden, so the caller checks again.
    return `the guest's process cannot be looked at: ${(error as Error).message}`;
  }
}
