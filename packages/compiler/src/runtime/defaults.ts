/** The configuration and the open contexts that all virtines of a process share, in TypeScript and in C. */
import { asGiven, readOptions } from '@colony/core/options';
import type { Configuration } from './types.js';

let common: Configuration = {};

export const defaults = (): Configuration => common;

/** Everything that holds contexts. */
export const open = new Set<{ dispose(): Promise<void> }>();

/**
 * Sets options of all virtines whose contexts are created from now on. Their values are checked when the first context
 * is created. `policy` and `limits` can only narrow the policy that was built in.
 * @throws ColonyError ERR_BAD_OPTION for an unknown option
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
