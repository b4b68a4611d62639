/** The command line of a jail: `jail enter -- bwrap -- jail confine -- program`, or without bubblewrap `jail enter -- jail confine -- program`. */
import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { basename } from 'node:path';
import type { Cgroup } from './cgroup.js';
import { isPublic, publicCopy } from './public-copy.js';
import type { JailSpec } from './types.js';

/** Debian's `nobody`. Its name on other systems does not matter, as long as it is not root. */
const NOBODY = 65534;
/** Path of the jail's own program inside. */
const HELPER_INSIDE = '/.jail';
/** Most bytes of a file that the jailed user cannot reach and that is copied in through a descriptor. */
const MOST_COPIED = 8 << 20;
/** Descriptors on the host's side: 3 is the channel, 4 is bubblewrap's report on the process that it made. */
export const INFO_DESCRIPTOR = 4;
const FIRST_COPIED = 5;
const DEFAULT_PROCESSES = 64;
const DEFAULT_DESCRIPTORS = 64;

export interface Command {
  readonly args: readonly string[];
  /** Descriptors that go to the child from number 5 on. Close them when it is there. */
  readonly copied: readonly number[];
  /** The limits that the report must show, by their names in it. */
  readonly limits: ReadonlyMap<string, number>;
}

export interface Tools {
  readonly helper: string;
  readonly bubblewrap: string | undefined;
}

export const processesOf = (spec: JailSpec): number => spec.limits?.processes ?? DEFAULT_PROCESSES;

/** Since Linux 5.14 a limit of processes counts per user namespace; before, it counts all processes of a user. */
function countsForJailAlone(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

function limitsOf(spec: JailSpec, namespaces: boolean): Map<string, number> {
  const { memory, addressSpace, stack, cpu, descriptors = DEFAULT_DESCRIPTORS } = spec.limits ?? {};
  const processes = namespaces && countsForJailAlone() ? processesOf(spec) : undefined;
  const all = { data: memory, 'address-space': addressSpace, stack, cpu, processes, files: descriptors };
  return new Map(Object.entries(all).filter((entry): entry is [string, number] => entry[1] !== undefined));
}

/** How root's jails get files that only root can reach. */
interface Access {
  /** The user that the jail runs as; undefined for the host's own user, if that is not root. */
  readonly user: number | undefined;
  /** Small files that bubblewrap copies in, by their paths on the host. */
  readonly copied: ReadonlySet<string>;
  /** The path on the host from which the jailed user reads a file. */
  readonly readAt: (path: string) => string;
}

function accessTo(paths: readonly string[], bubblewrap: boolean): Access {
  if (process.getuid?.() !== 0) return { user: undefined, copied: new Set(), readAt: (path) => path };
  const hidden = paths.filter((path) => !isPublic(path));
  const copied = new Set(hidden.filter((path) => bubblewrap && statSync(path).size <= MOST_COPIED));
  const readAt = (path: string) => (hidden.includes(path) && !copied.has(path) ? publicCopy(path) : path);
  return { user: NOBODY, copied, readAt };
}

const words = (name: string, values: readonly (string | number)[]) => values.map((value) => `${name}=${value}`);
/** The kernel runs the dynamic loader as a program. */
const isLoader = (path: string) => /^ld[-.].*\.so/.test(basename(path));

function confineWords(spec: JailSpec, place: (path: string) => string, limits: ReadonlyMap<string, number>): string[] {
  const paths = Object.keys(spec.files);
  const run = paths.filter((path) => path === spec.program || isLoader(path));
  return [
    `filter=${spec.filter}`,
    ...words('execute', run.map(place)),
    ...words('read', paths.filter((path) => !run.includes(path)).map(place)),
    ...words(
      'env',
      Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`),
    ),
    ...[...limits].map(([name, value]) => `${name}=${Math.floor(value)}`),
  ];
}

function bubblewrapArgs(binds: readonly string[]): string[] {
  return [
    ...['--unshare-user', '--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ...['--uid', String(NOBODY), '--gid', String(NOBODY), '--hostname', 'colony', '--clearenv', '--cap-drop', 'ALL'],
    ...['--as-pid-1', '--die-with-parent', '--new-session', '--info-fd', String(INFO_DESCRIPTOR)],
    ...binds,
    ...['--remount-ro', '/', '--chdir', '/', '--'],
  ];
}

export function commandFor(spec: JailSpec, { helper, bubblewrap }: Tools, cgroup: Cgroup | undefined): Command {
  const limits = limitsOf(spec, bubblewrap !== undefined);
  const { user, copied, readAt } = accessTo([...Object.values(spec.files), helper], bubblewrap !== undefined);
  const enter = [
    ...['enter', `parent=${process.pid}`, ...words('cgroup', cgroup?.doors ?? [])],
    ...words('user', user === undefined ? [] : [user]),
  ];
  if (bubblewrap === undefined) {
    const place = (path: string) => readAt(spec.files[path] ?? path);
    const confine = [readAt(helper), 'confine', ...confineWords(spec, place, limits)];
    return {
      args: [...enter, '--', ...confine, '--', place(spec.program), ...spec.args.map(place)],
      copied: [],
      limits,
    };
  }
  const descriptors: number[] = [];
  const binds = Object.entries({ ...spec.files, [HELPER_INSIDE]: helper }).flatMap(([inside, path]) => {
    if (!copied.has(path)) return ['--ro-bind', readAt(path), inside];
    descriptors.push(openForCopy(path));
    return ['--perms', '0555', '--ro-bind-data', String(FIRST_COPIED + descriptors.length - 1), inside];
  });
  const confine = [HELPER_INSIDE, 'confine', `read=${HELPER_INSIDE}`, ...confineWords(spec, (path) => path, limits)];
  const all = [...enter, '--', bubblewrap, ...bubblewrapArgs(binds), ...confine, '--', spec.program, ...spec.args];
  return { args: all, copied: descriptors, limits };
}

function openForCopy(path: string): number {
  const descriptor = openSync(path, 'r');
  if (fstatSync(descriptor).isFile()) return descriptor;
  closeSync(descriptor);
  throw new TypeError(`${path} is not a file`);
}
