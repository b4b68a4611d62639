/** What a test must leave as it was: global objects, file descriptors, child processes, the backend's shells. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Backend } from '@colony/core';
import { eventually } from './expect.js';

export interface HostState {
  readonly globals: ReadonlyMap<string, string>;
  readonly descriptors: ReadonlyMap<string, number>;
  readonly children: number;
}

/** Shells that a backend may keep for later, and the descriptors that such pools and caches hold. */
const MOST_POOLED = 600;
const POOLED = /kvm|memfd|\/dev\/zero/;

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

/** Node makes some of its globals when they are first asked for: that is no change of anybody's. */
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

/** Asking for them prints warnings in some versions of Node. */
const NOISY: ReadonlySet<PropertyKey> = new Set([
  'localStorage',
  'sessionStorage',
  'navigator',
  'WebSocket',
  'EventSource',
]);
const identities = new WeakMap<object, number>();
let nextIdentity = 1;

/** The same number for the same function: a replaced built-in shows. */
function identity(value: unknown): number {
  if (typeof value !== 'function') return 0;
  let id = identities.get(value);
  if (id === undefined) {
    id = nextIdentity++;
    identities.set(value, id);
  }
  return id;
}

/** Open descriptors of this process by what they are open on. */
export function openDescriptors(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const fd of readdirSync('/proc/self/fd')) {
    let target: string;
    try {
      target = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      continue; // the one of the listing itself
    }
    const kind = target.replace(/:\[\d+\]$/, '').replace(/^\/memfd:.*/, 'memfd');
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

export function descriptorCount(): number {
  return [...openDescriptors().values()].reduce((sum, count) => sum + count, 0);
}

export function childProcesses(): number {
  try {
    const children = readdirSync('/proc/self/task').map((task) =>
      readFileSync(`/proc/self/task/${task}/children`, 'utf8'),
    );
    return children
      .join(' ')
      .split(' ')
      .filter((pid) => pid.trim() !== '').length;
  } catch {
    return 0; // a kernel without CONFIG_PROC_CHILDREN, or a thread that just ended
  }
}

export function hostState(): HostState {
  const globals = new Map(Object.entries(WATCHED).map(([name, object]) => [name, signature(object)]));
  return { globals, descriptors: openDescriptors(), children: childProcesses() };
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

function leakedDescriptors(before: HostState): string | undefined {
  let pooled = 0;
  for (const [kind, count] of openDescriptors()) {
    if (POOLED.test(kind)) pooled += count;
    else if (count > (before.descriptors.get(kind) ?? 0))
      return `file descriptors were leaked: ${count} on ${kind}, before ${before.descriptors.get(kind) ?? 0}`;
  }
  return pooled > MOST_POOLED ? `the backend holds ${pooled} descriptors, more than its pools explain` : undefined;
}

function strayShells(backend: Backend): string | undefined {
  const live = backend.stats()['shellsLive'] ?? 0;
  return live > MOST_POOLED ? `the backend holds ${live} shells with no context alive` : undefined;
}

/** Cleaning may go on off the caller's path: the check has patience. */
export async function assertHostUnchanged(before: HostState, backend: Backend): Promise<void> {
  await eventually(
    () =>
      changedGlobals(before) ??
      leakedDescriptors(before) ??
      strayShells(backend) ??
      (childProcesses() > before.children ? 'child processes were left behind' : undefined),
    3000,
  );
}
