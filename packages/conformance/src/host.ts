/**
 * Host state that a test must leave unchanged: global objects, file descriptors, child processes, the backend's shells.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Backend } from '@colony/core';
import { eventually } from './expect.js';

export interface HostState {
  readonly globals: ReadonlyMap<string, string>;
  readonly descriptors: ReadonlyMap<string, number>;
  readonly children: number;
  readonly pools: Pools;
}

/**
 * The pools that a backend reports in `stats()`: `children` (child processes that it started, without their children),
 * `workers` (Node's worker threads) and `shellsLive` (its other shells). Unreported resources may not remain.
 */
interface Pools {
  readonly children: number;
  readonly workers: number;
  readonly shells: number;
}

/** The most that pools may hold. */
const MOST_POOLED = 600;
/** Descriptors of such pools and caches; any reasonable number is allowed. */
const POOLED = /kvm|memfd|\/dev\/zero/;
/** Descriptors of a thread (its event loop) or a child (its pipes, sockets and /dev/null), a few of each. */
const OF_THREADS_AND_CHILDREN = /anon_inode:\[(eventpoll|eventfd|io_uring|pidfd)\]|^pipe|^socket|^\/dev\/null$/;
const DESCRIPTORS_EACH = 6;

const WATCHED: Readonly<Record<string, object>> = {
  globalThis,
  'Object.prototype': Object.prototype,
  'Function.prototype': Function.prototype,
  'Array.prototype': Array.prototype,
  'Promise.prototype': Promise.prototype,
  'Map.prototype': Map.prototype,
  'Set.prototype': Set.prototype,
  'Error.prototype': Error.prototype,
  'Uint8Array.prototype': Uint8Array.prototype,
  'String.prototype': String.prototype,
  Object,
  Array,
  Promise,
  JSON,
  Reflect,
  Math,
};

/** Node creates some globals on first access, which is not a change. */
function signature(object: object): string {
  if (object === globalThis) askForAll();
  return Reflect.ownKeys(object)
    .filter((key) => !(object === globalThis && NOISY.has(key)))
    .map((key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(object, key)!;
      return `${String(key)}:${'value' in descriptor ? `${typeof descriptor.value}:${identity(descriptor.value)}` : 'accessor'}`;
    })
    .sort()
    .join('\n');
}

function askForAll(): void {
  for (const key of Reflect.ownKeys(globalThis)) if (!NOISY.has(key)) void Reflect.get(globalThis, key);
}

/** Reading these prints warnings in some versions of Node. */
const NOISY: ReadonlySet<PropertyKey> = new Set([
  'localStorage',
  'sessionStorage',
  'navigator',
  'WebSocket',
  'EventSource',
]);
const identities = new WeakMap<object, number>();
let nextIdentity = 1;

/** Returns the same number for the same function, so that a replaced built-in shows. */
function identity(value: unknown): number {
  if (typeof value !== 'function') return 0;
  let id = identities.get(value);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(value, id);
  }
  return id;
}

/** Open descriptors of this process, by their targets. */
export function openDescriptors(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue; // the descriptor of the listing itself
    }
    const kind = target.replace(/:\[\d+\]$/, '').replace(/^\/memfd:.*/, 'memfd');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

export function descriptorCount(): number {
  return [...openDescriptors().values()].reduce((sum, count) => sum + count, 0);
}

/** Milliseconds of CPU time of this process, its threads and all its living descendants. */
export function cpuTimeOfHost(): number {
  const { user, system } = process.cpuUsage();
  const own = (user + system) / 1000;
  return descendants().reduce((sum, pid) => sum + cpuTimeOf(pid), own);
}

const TICK = 10; // milliseconds: USER_HZ is 100 on every Linux that Node runs on

function cpuTimeOf(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK;
  } catch {
    return 0; // the process has ended
  }
}

/** Children of this process, their children and so on. */
export function descendants(): number[] {
  const pids: number[] = [];
  let level = childrenOf('self');
  while (level.length > 0) {
    pids.push(...level);
    level = level.flatMap((pid) => childrenOf(pid));
  }
  return pids;
}

function childrenOf(pid: number | 'self'): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
        .split(' ')
        .filter((pid) => pid.trim() !== '')
        .map(Number),
    );
  } catch {
    return []; // the process has ended, or the kernel lacks CONFIG_PROC_CHILDREN
  }
}

export function childProcesses(): number {
  return childrenOf('self').length;
}

function poolsOf(backend: Backend): Pools {
  const { children = 0, workers = 0, shellsLive = 0 } = backend.stats();
  return { children, workers, shells: shellsLive };
}

export function hostState(backend: Backend): HostState {
  const globals = new Map(Object.entries(WATCHED).map(([name, object]) => [name, signature(object)]));
  return { globals, descriptors: openDescriptors(), children: childProcesses(), pools: poolsOf(backend) };
}

function changedGlobals(before: HostState): string | undefined {
  for (const [name, object] of Object.entries(WATCHED)) {
    const old = new Set(before.globals.get(name)!.split('\n'));
    const now = signature(object).split('\n');
    const added = now.filter((line) => !old.has(line));
    if (added.length > 0 || now.length !== old.size)
      return `${name} of the host was changed: ${added.join(', ') || 'something is gone'}`;
  }
  return undefined;
}

function leakedDescriptors(before: HostState, now: Pools): string | undefined {
  let pooled = 0;
  const more = now.children + now.workers - before.pools.children - before.pools.workers;
  let allowed = Math.max(0, more) * DESCRIPTORS_EACH;
  for (const [kind, count] of openDescriptors()) {
    const added = count - (before.descriptors.get(kind) ?? 0);
    if (POOLED.test(kind)) pooled += count;
    else if (OF_THREADS_AND_CHILDREN.test(kind) && added <= allowed) allowed -= Math.max(0, added);
    else if (added > 0) return `file descriptors were leaked: ${count} on ${kind}, before ${count - added}`;
  }
  return pooled > MOST_POOLED ? `the backend holds ${pooled} descriptors, more than its pools explain` : undefined;
}

function strayShells(pools: Pools): string | undefined {
  const most = Math.max(pools.shells, pools.children, pools.workers);
  return most > MOST_POOLED ? `the backend holds ${most} shells with no context alive` : undefined;
}

function strayChildren(before: HostState, now: Pools): string | undefined {
  const [then, later] = [before.children - before.pools.children, childProcesses() - now.children];
  return later > then ? `child processes were left behind: ${later} that no pool explains, before ${then}` : undefined;
}

/** A backend may clean up in the background, so the check waits and tries again. */
export async function assertHostUnchanged(before: HostState, backend: Backend): Promise<void> {
  assert.equal(changedGlobals(before), undefined);
  await eventually(() => {
    const now = poolsOf(backend);
    return leakedDescriptors(before, now) ?? strayShells(now) ?? strayChildren(before, now);
  }, 10_000);
}
