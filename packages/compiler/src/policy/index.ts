/** The least policy, and how written ones compare with it. */
export { checkPolicy, type PolicyCheck } from './check.js';
export { type GrantReason, generatePolicy, reasonsOf } from './generate.js';
export type { CapabilityUse, Need } from './needs.js';
