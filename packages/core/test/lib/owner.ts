import { prepareCapabilities } from '../../src/capabilities/index.js';
import type { ScopeOwner } from '../../src/hypercalls/scope.js';
import { compilePolicy, type Policy } from '../../src/index.js';
import { Usage } from '../../src/policy/decide.js';

/** Returns the data that a context of this policy shares among its calls. */
export function ownerFor(source: Policy, more: Partial<ScopeOwner> = {}): ScopeOwner {
  const policy = compilePolicy(source);
  const own = { id: 'context', programHash: '', registry: new Map(), console: () => {}, lifetimeUsage: new Usage() };
  return { ...own, policy, capabilities: prepareCapabilities(policy.layers), sliceAbove: 2 ** 20, ...more };
}
