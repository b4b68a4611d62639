/**
 * The jail of a build tool: bubblewrap with an empty root, if it works. A tool sees the system's programs, libraries
 * and headers, and the files that its run declares. It has no network, no environment and no other processes.
 *
 *     /usr/bin /usr/lib* /usr/libexec /usr/include   read-only, with their links from /bin and /lib*
 *     the tool's own folders, outside of these       read-only
 *     files that the run reads                       read-only, at their own paths
 *     folders that the run writes                    at their own paths
 */
import { spawn } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { endWithThread } from '../ending/index.js';
import { onPath } from './on-path.js';

export interface JailSpec {
  /** A path, or a name that is searched on PATH. */
  readonly file: string;
  readonly args: readonly string[];
  /** A program that runs the tool, with its own arguments. Default: no program. */
  readonly runner?: readonly string[];
  /** Files and folders; absolute paths. */
  readonly reads: readonly string[];
  /** Folders; absolute paths. */
  readonly writes: readonly string[];
  readonly cwd: string;
}

/** The confinement of builds on this machine. */
export interface BuildJail {
  /** The path of bubblewrap; undefined: tools have limits, but see the host's files. */
  readonly bubblewrap: string | undefined;
  /** The reason if bubblewrap is not used. */
  readonly reason?: string;
}

/**
 * Finds bubblewrap. COLONY_BWRAP names the program, or is `none`.
 * @returns undefined if it is not installed.
 */
export function findBubblewrap(): string | undefined {
  const named = process.env.COLONY_BWRAP || undefined;
  if (named === 'none') return undefined;
  const places =
    named === undefined ? (process.env.PATH ?? '').split(delimiter).map((path) => join(path, 'bwrap')) : [named];
  return places.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return path.startsWith('/');
    } catch {
      return false;
    }
  });
}

const jails = new Map<string | undefined, Promise<BuildJail>>();

/** Tries bubblewrap once for each path of it. Never rejects. */
export function buildJail(): Promise<BuildJail> {
  const bubblewrap = findBubblewrap();
  let jail = jails.get(bubblewrap);
  if (jail === undefined) {
    jail = probe(bubblewrap);
    jails.set(bubblewrap, jail);
  }
  return jail;
}

async function probe(bubblewrap: string | undefined): Promise<BuildJail> {
  if (bubblewrap === undefined) {
    const kept = process.env.COLONY_BWRAP === 'none' ? 'COLONY_BWRAP is `none`' : 'bubblewrap is not installed';
    return { bubblewrap, reason: kept };
  }
  const spec = { file: '/bin/sh', args: ['-c', ':'], reads: [], writes: [], cwd: '/' };
  const failure = await failureOf(bubblewrap, bubblewrapArgs(spec));
  return failure === undefined ? { bubblewrap } : { bubblewrap: undefined, reason: failure };
}

const LONGEST_REASON = 300;

function failureOf(file: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((done) => {
    const child = spawn(file, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
    endWithThread(child);
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(0, LONGEST_REASON);
    });
    child.once('error', (error) => done(error.message));
    child.once('close', (code) => done(code === 0 ? undefined : text.trim() || `it ended with status ${code}`));
  });
}

/** Folders of the system that a tool may need. /usr/local, /usr/share and /usr/src are not included. */
const SYSTEM: readonly string[] = [
  ...['/usr/bin', '/usr/sbin', '/usr/lib', '/usr/lib32', '/usr/lib64', '/usr/libx32', '/usr/libexec', '/usr/include'],
  ...['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store'],
  ...['/etc/alternatives', '/etc/ld.so.cache', '/etc/ld-musl-x86_64.path'],
];

let systemArgs: readonly string[] | undefined;

function systemBinds(): readonly string[] {
  systemArgs ??= SYSTEM.filter(existsSync).flatMap((path) =>
    lstatSync(path).isSymbolicLink() ? ['--symlink', readlinkSync(path), path] : ['--ro-bind', path, path],
  );
  return systemArgs;
}

/**
 * Makes the tool process 1 of its jail. Otherwise bubblewrap's own process 1 would be left to the host's process 1 when
 * it ends, which in a container may never wait for it.
 * @returns the arguments of bubblewrap that run the tool.
 */
export function bubblewrapArgs(spec: JailSpec): string[] {
  return [
    ...(isClosedToRoot(spec.reads) ? AS_ROOT : ['--unshare-all', '--cap-drop', 'ALL']),
    ...['--as-pid-1', '--die-with-parent', '--hostname', 'colony'],
    ...systemBinds(),
    ...['--dev-bind', '/dev/null', '/dev/null', '--dir', '/tmp', '--dir', spec.cwd],
    ...ownBinds([...toolFolders(spec.file), ...spec.reads], spec.writes),
    ...['--chdir', spec.cwd, '--', ...(spec.runner ?? []), spec.file, ...spec.args],
  ];
}

/** No user namespace, and a single capability: to read. */
const AS_ROOT = [
  ...['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
  ...['--cap-drop', 'ALL', '--cap-add', 'CAP_DAC_READ_SEARCH'],
];

/**
 * In its own user namespace, root is a user like any other. It cannot read files there that another user closed to
 * others, though root was told to build them (`sudo`, a container with a user's folder).
 */
function isClosedToRoot(paths: readonly string[]): boolean {
  if (process.getuid?.() !== 0) return false;
  return paths.flatMap(upwards).some((path) => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined || stats.uid === 0) return false;
    return (stats.mode & (stats.isDirectory() ? constants.S_IXOTH : constants.S_IROTH)) === 0;
  });
}

const upwards = (path: string): string[] => (path === dirname(path) ? [path] : [path, ...upwards(dirname(path))]);

const isIn = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** Outer folders come first, because a mount hides earlier mounts below it. */
function ownBinds(reads: readonly string[], writes: readonly string[]): string[] {
  const shown = [...new Set(reads)].filter(
    (path) => path !== '/' && !writes.includes(path) && !SYSTEM.some((folder) => isIn(path, folder)),
  );
  const outer = shown.filter((path) => !shown.some((other) => other !== path && isIn(path, other)));
  const binds = [
    ...outer.map((path) => ['--ro-bind-try', path] as const),
    ...writes.map((path) => ['--bind', path] as const),
  ];
  return binds.sort(([, a], [, b]) => a.length - b.length).flatMap(([option, path]) => [option, path, path]);
}

/** Folders beside a tool's `bin` that contain parts of compilers. */
const PARTS = /^(?:bin|lib\w*|include|[a-z]\w*-[\w-]*(?:linux|wasi|elf)[\w-]*)$/;

/** Returns the folders of a tool outside of the system's folders, and of its parts. */
function toolFolders(file: string): string[] {
  const path = onPath(file).find(existsSync);
  if (path === undefined) return [];
  const real = realpathSync(path);
  return [path, ...(SYSTEM.some((folder) => isIn(real, folder)) ? [] : beside(real))];
}

function beside(path: string): string[] {
  const folder = dirname(path);
  if (basename(folder) !== 'bin') return [path];
  const prefix = resolve(folder, '..');
  return readdirSync(prefix)
    .filter((name) => PARTS.test(name))
    .map((name) => join(prefix, name));
}
