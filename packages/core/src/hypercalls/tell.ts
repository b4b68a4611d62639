/** Tells who listens to the audit stream what was decided. */
import { audit } from '../policy/audit.js';
import type { Decision } from '../policy/decide.js';
import type { CallScope } from './scope.js';

/** As long as the name of a host function may be told. */
const LONGEST_NAME = 200;

export function tell({ owner }: CallScope, name: string, decision: Decision, args: () => string[]): void {
  audit(() => ({
    time: Date.now(),
    context: owner.id,
    program: owner.programHash,
    hypercall: name.slice(0, LONGEST_NAME),
    args: args(),
    allowed: decision.allow,
    ...(decision.allow ? {} : { reason: decision.reason }),
  }));
}
