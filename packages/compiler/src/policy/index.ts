/** The least policy of a program, and the check of a written policy against it. */
export { checkPolicy, type PolicyCheck } from './check.js';
export { type GrantReason, generatePolicy, reasonsOf } from './generate.js';
export type { CapabilityUse, Need } from './needs.js';
