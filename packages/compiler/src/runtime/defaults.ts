/** What all virtines of a process share, of TypeScript and of C. */
import type { VirtineDefaults } from './types.js';

let common: VirtineDefaults = {};

export const defaults = (): VirtineDefaults => common;

/** Whatever has contexts. */
export const open = new Set<{ dispose(): Promise<void> }>();

/** Options of all virtines whose contexts are made from now on. */
export function configure(options: VirtineDefaults): void {
  common = { ...options };
}

/** Ends the contexts of all virtines. A later call makes a new one. */
export async function disposeVirtines(): Promise<void> {
  await Promise.all([...open].map((each) => each.dispose()));
}
