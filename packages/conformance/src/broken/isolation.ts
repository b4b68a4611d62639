/** Faults in the boundary between guest and host: it is claimed, but absent. */
import { type Backend, type BackendCapabilities, type Capabilities, MECHANISMS } from '@colony/core';
import { visibleMechanisms } from '../laws/confinement.js';
import { breakage } from './breakage.js';

/** The same claims for every kind of program. */
function claiming(backend: Backend, claims: Partial<Capabilities>): Pick<Backend, 'capabilities'> {
  const { cells = {}, ...own } = backend.capabilities;
  const overridden = Object.entries(cells).map(([kind, cell]) => [kind, { ...cell, ...claims }]);
  return { capabilities: { ...own, ...claims, cells: Object.fromEntries(overridden) } as BackendCapabilities };
}

/** Claims another boundary than the actual one, so that a program with a requirement runs behind the wrong one. */
export const weakerIsolation = breakage(
  'falls back to a weaker isolation',
  'capabilities',
  'the claimed boundary exists',
  () => ({
    backend: (inner) =>
      claiming(inner, { boundary: inner.capabilities.boundary === 'process' ? 'virtual-machine' : 'process' }),
  }),
);

const missing = ({ mechanisms }: Capabilities) => visibleMechanisms.filter((name) => !mechanisms.includes(name));

export const forgesMechanisms = breakage(
  'forges the mechanisms that it applied',
  'capabilities',
  'the claimed mechanisms are applied',
  () => ({ backend: (inner) => claiming(inner, { boundary: 'process', mechanisms: MECHANISMS }) }),
  (capabilities) =>
    missing(capabilities).length === 0 ? 'every mechanism that could be forged is applied here' : undefined,
);
