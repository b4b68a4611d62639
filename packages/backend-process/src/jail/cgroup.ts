/**
 * A cgroup for each jail, with limits of memory and of processes. It needs permission to make child groups of the host's own
 * groups: root has it on most systems (version 1), and others if the controllers are delegated (version 2).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { isAbandoned, owner, removeWithThread } from '@colony/guest';

/** statfs types of the two kinds of cgroup file systems: a folder elsewhere limits nothing. */
const CGROUP_MAGIC = [0x27e0eb, 0x63677270];
const CONTROLLERS = ['memory', 'pids'] as const;
type Controller = (typeof CONTROLLERS)[number];

const LIMIT_FILES: Readonly<Record<1 | 2, Readonly<Record<Controller, string>>>> = {
  1: { memory: 'memory.limit_in_bytes', pids: 'pids.max' },
  2: { memory: 'memory.max', pids: 'pids.max' },
};

/** The parent folders of jails' groups: the host's own group of each controller. */
interface Parent {
  readonly path: string;
  readonly version: 1 | 2;
  readonly controllers: readonly Controller[];
}

export interface CgroupLimits {
  /** Bytes. */
  readonly memory?: number;
  readonly processes: number;
}

interface Folder {
  readonly path: string;
  /** Call this when the jail is gone. */
  readonly removed: () => void;
}

/** One jail's groups. */
export interface Cgroup {
  /** Files to which a process writes `0` to join. */
  readonly doors: readonly string[];
  /** Returns whether a process is in it. */
  holds(pid: number): boolean;
  /** Removes it; it must be empty. Retries for a while: the kernel takes time to remove processes that have just died. */
  remove(): void;
}

/** In `/proc/self/mountinfo`, the options of a cgroup mount follow the dash. */
function mounts(): { path: string; version: 1 | 2; controllers: readonly string[] }[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [front = '', back = ''] = line.split(' - ');
      const [type, , options = ''] = back.split(' ');
      const path = front.split(' ')[4];
      if (path === undefined || (type !== 'cgroup' && type !== 'cgroup2')) return [];
      return [{ path, version: type === 'cgroup' ? 1 : 2, controllers: options.split(',') }];
    });
}

/** The host's own group by controller; by '' in version 2. */
function ownGroups(): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    for (const controller of controllers.split(',')) groups.set(controller, path);
  }
  return groups;
}

function available(path: string): boolean {
  return existsSync(path) && CGROUP_MAGIC.includes(statfsSync(path).type);
}

function findParents(): Parent[] {
  const groups = ownGroups();
  const parents: Parent[] = [];
  for (const mount of mounts()) {
    const has = CONTROLLERS.filter((name) => mount.version === 2 || mount.controllers.includes(name));
    const own = groups.get(mount.version === 2 ? '' : (has[0] ?? 'none'));
    // A mount may show only a part of the hierarchy, and then the group's path is not below it.
    const path = own === undefined ? undefined : [join(mount.path, own), mount.path].find(available);
    if (path === undefined || has.length === 0) continue;
    const controllers = mount.version === 1 ? has : delegated(path, has);
    if (controllers.length > 0) parents.push({ path, version: mount.version, controllers });
  }
  return parents;
}

function delegated(path: string, wanted: readonly Controller[]): Controller[] {
  const enabled = readFileSync(join(path, 'cgroup.subtree_control'), 'utf8').trim().split(' ');
  return wanted.filter((name) => enabled.includes(name));
}

let parents: readonly Parent[] | undefined;
let made = 0;

/** Removes groups, and the processes in them, of hosts that were killed before they could clean up. */
function removeAbandoned({ path }: Parent): void {
  for (const name of readdirSync(path)) {
    if (!name.startsWith('colony-') || !isAbandoned(name)) continue;
    removeSoon({ path: join(path, name), removed: () => {} });
  }
}

/** For example, bubblewrap's first child waits for ever if bubblewrap is killed before it has set up the namespaces. */
function killAllIn(folder: string): void {
  try {
    const processes = readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').map(Number);
    for (const pid of processes.filter((number) => number > 1)) process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, or belongs to another user.
  }
}

function usableParents(): readonly Parent[] {
  if (parents === undefined) {
    try {
      parents = findParents();
      parents.forEach(removeAbandoned);
    } catch {
      parents = []; // no /proc, or one that may not be read: there is no group to be had
    }
  }
  return parents;
}

/** @returns undefined if no group with both controllers can be made */
export function createCgroup(limits: CgroupLimits): Cgroup | undefined {
  const folders: Folder[] = [];
  const covered = new Set<Controller>();
  // Each worker thread of a process numbers its own groups.
  const name = `colony-${owner}${threadId}-${++made}`;
  try {
    for (const { path, version, controllers } of usableParents()) {
      const folder = join(path, name);
      mkdirSync(folder);
      folders.push({ path: folder, removed: removeWithThread(folder) });
      for (const controller of controllers) {
        const value = controller === 'memory' ? limits.memory : limits.processes;
        if (value !== undefined) writeFileSync(join(folder, LIMIT_FILES[version][controller]), String(value));
        covered.add(controller);
      }
    }
  } catch {
    parents = []; // not permitted here: nor will it be the next time
  }
  if (covered.size === CONTROLLERS.length) return groupOf(name, folders);
  for (const folder of folders) removeSoon(folder);
  return undefined;
}

function groupOf(name: string, folders: readonly Folder[]): Cgroup {
  return {
    doors: folders.map(({ path }) => join(path, 'cgroup.procs')),
    holds: (pid) => isIn(pid, name, folders.length),
    remove: () => {
      for (const folder of folders) removeSoon(folder);
    },
  };
}

/** Returns whether a process is in that many groups of this name. */
function isIn(pid: number, name: string, count: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8').split(`/${name}\n`).length === count + 1;
  } catch {
    return false;
  }
}

/** Kills what is left in the group: its jail has ended. */
function removeSoon(folder: Folder, triesLeft = 20): void {
  killAllIn(folder.path);
  try {
    rmdirSync(folder.path);
    folder.removed();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || triesLeft === 0) return;
    setTimeout(() => removeSoon(folder, triesLeft - 1), 10).unref();
  }
}
