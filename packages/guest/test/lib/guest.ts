/** A C program on a target, for thousands of calls: without KVM, without isolation. */
import { fileURLToPath } from 'node:url';
import { buildC, type CBuildOptions, type Target } from '@colony/guest';
import { Harness, type HostFunction, type Run } from '@colony/guest/harness';
import { cacheDir } from './cache.js';
import { WasmHost } from './wasm-host.js';

export const guestFolder = fileURLToPath(new URL('../..', import.meta.url));

export interface Guest {
  host: HostFunction;
  /** Begins from the start state. */
  call(name: string, ...args: unknown[]): Promise<Run>;
  callKeep(name: string, ...args: unknown[]): Promise<Run>;
  /** The value of a call that succeeds. */
  value(name: string, ...args: unknown[]): Promise<unknown>;
  close(): void;
}

/** Starts a guest and runs it to its first request. */
export async function startGuest(file: string, target: Target, options: Partial<CBuildOptions> = {}): Promise<Guest> {
  const { path } = await buildC({ file, target, cacheDir, ...options });
  if (target === 'wasm32') return new WasmHost(path);
  const guest = await Harness.start(path, { cacheDir });
  await guest.load('', '');
  await guest.snapshot();
  return guest;
}
