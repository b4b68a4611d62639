/** Checks the minimum isolation that a policy demands against a backend. */
import {
  type Boundary,
  type Capabilities,
  LIMIT_KINDS,
  type LimitKind,
  MECHANISMS,
  type Mechanism,
} from '../backend.js';
import type { OptionReader } from '../options/option-reader.js';
import type { CompiledPolicy } from './compile.js';

export interface CompiledDemand {
  readonly boundary: readonly Boundary[];
  readonly mechanisms: readonly Mechanism[];
  readonly limits: readonly LimitKind[];
}

const BOUNDARIES: readonly Boundary[] = ['virtual-machine', 'wasm', 'process', 'thread', 'none'];

export function readDemand(value: unknown, reader: OptionReader, path: string): CompiledDemand {
  const demand = reader.object(value, path, ['boundary', 'mechanisms', 'limits']);
  const names = <T extends string>(key: string, known: readonly T[], absent: readonly T[]): readonly T[] => {
    if (demand[key] === undefined) return absent;
    const read = (item: unknown, at: string) => {
      if (!known.includes(item as T)) reader.fail(at, `one of ${known.join(', ')}`, item);
      return item as T;
    };
    return Object.freeze(reader.list(demand[key], `${path}.${key}`, read));
  };
  return Object.freeze({
    boundary: names('boundary', BOUNDARIES, BOUNDARIES),
    mechanisms: names('mechanisms', MECHANISMS, []),
    limits: names('limits', LIMIT_KINDS, []),
  });
}

/** Returns the demand of the policy that the backend does not meet, in words, or `undefined`. */
export function isolationReason(policy: CompiledPolicy, has: Capabilities): string | undefined {
  for (const { isolation } of policy.layers) {
    if (isolation === undefined) continue;
    if (!isolation.boundary.includes(has.boundary)) {
      return `it demands the boundary ${isolation.boundary.join(' or ') || '(none will do)'}, and this one is '${has.boundary}'`;
    }
    const missing = isolation.mechanisms.filter((name) => !has.mechanisms.includes(name));
    if (missing.length > 0) return `it demands ${missing.join(', ')}, which could not be applied here`;
    const loose = isolation.limits.filter((name) => !has.limits[name]);
    if (loose.length > 0) return `it demands limits that are not enforced: ${loose.join(', ')}`;
  }
  return undefined;
}
