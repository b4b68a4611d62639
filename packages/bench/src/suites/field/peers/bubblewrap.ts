/**
 * bubblewrap as in its manual: no network, and only the files that the program needs. It has no system call filter and
 * no limits.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildFloor, childOf, programs } from '../../../floor-process.js';
import { LineProcess } from '../line-process.js';
import type { Peer } from '../peer.js';
import { type Remote, remotePeer } from '../remote.js';

const ALONE = ['--unshare-all', '--die-with-parent', '--new-session', '--clearenv', '--cap-drop', 'ALL'];
/** Existing folders that hold Node's executable and its libraries. */
const SYSTEM = ['/usr', '/lib', '/lib64', '/bin', '/etc/ssl'];

function findBubblewrap(): string {
  const { error } = spawnSync('bwrap', ['--version'], { stdio: 'ignore' });
  if (error !== undefined) throw new Error('bwrap is not installed: `apt-get install bubblewrap`');
  return 'bwrap';
}

const readOnly = (path: string, at = path) => (existsSync(path) ? ['--ro-bind', path, at] : []);
const environment = { PATH: process.env.PATH };

function startNode(): Remote {
  const binds = [
    ...SYSTEM.flatMap((path) => readOnly(path)),
    ...readOnly(process.execPath),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
  ];
  const inside = [...readOnly(join(programs, 'field'), '/program'), '--', process.execPath, '/program/lines.mjs'];
  return new LineProcess(findBubblewrap(), [...ALONE, ...binds, ...inside], environment);
}

/** The child echoes a line, which stands for a null call. */
function startC(): Remote {
  const child = readOnly(childOf(buildFloor()), '/child');
  const running = new LineProcess(findBubblewrap(), [...ALONE, ...child, '--', '/child', 'serve'], environment);
  return {
    ask: async () => {
      if ((await running.line('nothing')) !== 'nothing') throw new Error('the C program gave another line than it got');
      return {};
    },
    end: () => running.end(),
  };
}

const options = { package: 'bwrap', boundary: 'jailed process', floor: 'c.posix_spawn' } as const;

export const peer = remotePeer({
  ...options,
  name: 'bubblewrap.node',
  words: {
    cold: 'start of a Node process in bubblewrap',
    warm: 'in a running Node process in bubblewrap, by a line each way',
  },
  start: async () => startNode(),
});

export const inC: Peer = remotePeer({
  ...options,
  name: 'bubblewrap.c',
  words: {
    cold: 'start of a static C program in bubblewrap',
    warm: 'in a running static C program in bubblewrap, by a line each way',
  },
  start: async () => startC(),
  evaluates: false,
});
