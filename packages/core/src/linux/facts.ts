/** Reports what the policy grants to one call of a Linux program. It reads the policy and never changes it. */
import { builtIns } from '../capabilities/index.js';
import type { CallScope } from '../hypercalls/scope.js';
import { decide } from '../policy/decide.js';

const SEED_BYTES = 32;

/** Randomness, the time, whether the time is fixed, and the granted directories with whether they may be written. */
export type Facts = readonly [
  seed: Uint8Array | null,
  now: number | null,
  fixed: boolean,
  directories: readonly (readonly [path: string, writable: boolean])[],
];

export function facts(scope: CallScope): Facts {
  const seed = granted(scope, 'colony:random', [SEED_BYTES]) as Uint8Array | undefined;
  const now = granted(scope, 'colony:clock', ['time']) as number | undefined;
  return [
    seed ?? null,
    now === undefined ? null : Math.floor(now),
    now !== undefined && isFixed(scope),
    grantedDirectories(scope),
  ];
}

/** Serves a capability as its hypercall does, if the policy grants it. */
function granted(scope: CallScope, name: string, args: readonly unknown[]): unknown {
  if (!decide(scope.policyState, { name, args, bytes: 0, now: 0 }).allow) return undefined;
  const { section, hypercall } = builtIns.get(name)!;
  return hypercall.serve(scope, scope.owner.capabilities.get(section), args);
}

/** A fixed clock is what its capability prepared. */
const isFixed = ({ owner }: CallScope) => owner.capabilities.get(builtIns.get('colony:clock')!.section) !== undefined;

/** Returns the directories that some layer lists and all layers grant. */
function grantedDirectories(scope: CallScope): (readonly [string, boolean])[] {
  const lists = scope.owner.policy.layers.flatMap(({ fs }) => (fs === undefined ? [] : [fs.read, fs.write]));
  const paths = [...new Set(lists.flat())].sort();
  const allows = (name: string, path: string) =>
    decide(scope.policyState, { name, args: [path], bytes: 0, now: 0 }).allow;
  return paths.flatMap((path) => {
    const writable = allows('colony:fs.write', path);
    return writable || allows('colony:fs.read', path) ? [[path, writable] as const] : [];
  });
}
