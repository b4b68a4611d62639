/** What all virtines of a process share, of TypeScript and of C. */
import { asGiven, readOptions } from '@colony/core/options';
import type { Configuration } from './types.js';

let common: Configuration = {};

export const defaults = (): Configuration => common;

/** Whatever has contexts. */
export const open = new Set<{ dispose(): Promise<void> }>();

/**
 * Options of all virtines whose contexts are made from now on. Each is checked when the first context is made. `policy` and
 * `limits` can only narrow what was built.
 * @throws ColonyError ERR_BAD_OPTION for one that does not exist
 */
export function configure(options: Configuration): void {
  common = readOptions<Configuration>('options', options, {
    backend: asGiven,
    hypercalls: asGiven,
    policy: asGiven,
    limits: asGiven,
    console: asGiven,
    pool: asGiven,
    backendOptions: asGiven,
  });
}

/** Ends the contexts of all virtines. A later call makes a new one. */
export async function disposeVirtines(): Promise<void> {
  await Promise.all([...open].map((holder) => holder.dispose()));
}
