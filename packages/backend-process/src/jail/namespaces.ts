/** Finds out from outside which namespaces of its own a process has. */
import { readlinkSync } from 'node:fs';
import type { Mechanism } from '@colony/core';

const NAMESPACES: readonly (readonly [string, Mechanism])[] = [
  ['user', 'user-namespace'],
  ['mnt', 'mount-namespace'],
  ['net', 'network-namespace'],
  ['pid', 'pid-namespace'],
  ['ipc', 'ipc-namespace'],
];

function differs(pid: number, kind: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/${kind}`) !== readlinkSync(`/proc/self/ns/${kind}`);
  } catch {
    return false; // what cannot be seen is not claimed
  }
}

export function ownNamespaces(pid: number): Mechanism[] {
  return NAMESPACES.filter(([kind]) => differs(pid, kind)).map(([, mechanism]) => mechanism);
}
