/** The lock: grants do not widen unless a person accepts it. */

export type { GrantIncrease } from '@colony/core/capabilities';
export type { LockEntry } from './entry.js';
export { grantIncreases } from './grant-increases.js';
export { inCi, LOCK_FILE, Lock, type LockOptions } from './lock.js';
