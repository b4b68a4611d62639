/** The lock: grants do not widen unless a person accepts it. */
export type { LockEntry } from './entry.js';
export { inCi, LOCK_FILE, Lock, type LockOptions } from './lock.js';
export { type Widening, widenings } from './widen.js';
