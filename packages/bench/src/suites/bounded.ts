/** Boundaries of subjects, by the first words of their names. Suites name their subjects alike. */
import type { Boundary } from '../isolation/boundaries.js';
import type { Group, Spec } from '../types.js';

const BY_NAME: readonly (readonly [RegExp, Boundary])[] = [
  // Parts of a call, which do not isolate anything by themselves.
  [/\.(reset|added|ask\d*|async\d+|(async_)?hypercall)(\.|$)/, 'none'],
  [/^kvm\./, 'virtual machine'],
  [/^process\./, 'jailed process'],
  [/^(wasm\.js\.|ref\.quickjs)/, 'engine in wasm'],
  [/^(wasm\.|ref\.wasm\.)/, 'wasm'],
];

function boundaryOf({ subject, unit, derived }: Spec): Boundary | undefined {
  if (unit !== 'us' || derived !== undefined) return undefined;
  const boundary = BY_NAME.find(([pattern]) => pattern.test(subject))?.[1];
  return boundary === 'none' ? undefined : boundary;
}

export const bounded = (groups: readonly Group[]): Group[] =>
  groups.map((group) => ({
    name: group.name,
    specs: group.specs.map((spec) => {
      const boundary = spec.boundary ?? boundaryOf(spec);
      return boundary === undefined ? spec : { ...spec, boundary };
    }),
    open: (environment) => group.open(environment),
  }));
