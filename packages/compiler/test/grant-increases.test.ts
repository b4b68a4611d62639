/** No increase is missed: a law over generated policies and the requests that they allow. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type CompiledPolicy, compilePolicy, narrow, type Policy } from '@colony/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantIncreases } from '../src/index.js';

interface Ask {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly bytes: number;
  readonly now: number;
}
interface State {
  readonly policy: CompiledPolicy;
  readonly call: unknown;
  readonly lifetimeUsage: unknown;
}
interface Decide {
  decide(state: State, ask: Ask): { readonly allow: boolean };
  commit(state: State, ask: Ask): void;
  readonly Usage: new () => unknown;
}
// Core decides, here as everywhere. Its exports do not include that function, so the test imports the file.
const core = dirname(createRequire(import.meta.url).resolve('@colony/core'));
const { decide, commit, Usage } = (await import(join(core, 'policy/decide.js'))) as Decide;

type Layers = CompiledPolicy['layers'];
interface Capabilities {
  readonly fetchSection: {
    prepare(layers: Layers[number]['fetch'][]): (url: URL, method: string, at: string) => boolean;
  };
  readonly clockSection: { prepare(layers: Layers[number]['clock'][]): { readonly fixed: number } | undefined };
  readonly randomSection: { prepare(layers: Layers[number]['random'][]): { readonly seed: string } | undefined };
  mostFileBytes(layers: Layers[number]['fs'][]): number;
}
const modules = await Promise.all(
  ['fetch', 'clock', 'random', 'fs'].map((name) => import(join(core, `capabilities/${name}.js`))),
);
const { fetchSection, clockSection, randomSection, mostFileBytes } = Object.assign({}, ...modules) as Capabilities;
const permits = ({ layers }: CompiledPolicy) => fetchSection.prepare(layers.map(({ fetch }) => fetch));
const fixedTime = ({ layers }: CompiledPolicy) => clockSection.prepare(layers.map(({ clock }) => clock))?.fixed;
const seed = ({ layers }: CompiledPolicy) => randomSection.prepare(layers.map(({ random }) => random))?.seed;
const fileBytes = ({ layers }: CompiledPolicy) => mostFileBytes(layers.map(({ fs }) => fs));

const json = fc.constantFrom<string | number | null>('a', 'ab', 0, -0, 1, 2, null);
const predicate = fc.oneof(
  fc.constant(true as const),
  fc.oneof(
    fc.record({ equals: json }),
    fc.record({ oneOf: fc.array(json, { maxLength: 3 }) }),
    fc.record({ type: fc.constantFrom('string', 'number', 'undefined', 'bytes') }),
    fc.record({ min: fc.nat(2), max: fc.nat(2) }, { requiredKeys: ['max'] }),
    fc.record({ prefix: fc.constantFrom('a', 'b'), maxLength: fc.nat(2) }, { requiredKeys: ['prefix'] }),
    fc.record({ maxLength: fc.nat(2), type: fc.constantFrom('string', 'bytes') }, { requiredKeys: ['maxLength'] }),
    fc.record({ pattern: fc.constantFrom('a', 'a*', '.') }),
  ),
);
const budget = fc.record({ maxCalls: fc.nat(3), maxBytes: fc.nat(50) }, { requiredKeys: [] });
const grant = fc.oneof(
  fc.boolean(),
  fc.record(
    {
      maxCalls: fc.nat(3),
      maxBytes: fc.nat(50),
      once: fc.boolean(),
      lifetime: budget,
      maxRate: fc.constantFrom('1/s', '2/s', '2/100ms', '10/min'),
      args: fc.array(predicate, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
);
const folders = fc.subarray(['/', '/a', '/a/b', '/c']);
const SIGNERS = ['A', 'B'].map((letter) => `ed25519:${letter.repeat(43)}`);
const sections = {
  hypercalls: fc.dictionary(fc.constantFrom('f', 'g', '__proto__', 'toString'), grant, { maxKeys: 3 }),
  console: fc.boolean(),
  clock: fc.oneof(fc.boolean(), fc.record({ fixed: fc.nat(1) })),
  random: fc.oneof(fc.boolean(), fc.record({ seed: fc.constantFrom(0, 1, '1') })),
  env: fc.subarray(['A', 'B']),
  fs: fc.record({ read: folders, write: folders, maxBytes: fc.constantFrom(5, '9 MiB') }, { requiredKeys: [] }),
  fetch: fc.array(
    fc.record(
      {
        origin: fc.constantFrom('http://x', 'http://y'),
        methods: fc.subarray(['get', 'HEAD', 'PUT']),
        private: fc.boolean(),
      },
      { requiredKeys: ['origin'] },
    ),
    { maxLength: 2 },
  ),
  limits: fc.record({ memory: fc.nat(3), wallTime: fc.nat(3000), hypercalls: fc.nat(3) }, { requiredKeys: [] }),
  isolation: fc.record(
    { boundary: fc.subarray(['process', 'wasm']), mechanisms: fc.subarray(['seccomp', 'landlock']) },
    { requiredKeys: [] },
  ),
  snapshots: fc.record({ signedBy: fc.subarray(SIGNERS) }),
};
const layer = fc.record(sections, { requiredKeys: [] }) as fc.Arbitrary<Policy>;
const inheriting = fc.record({ ...sections, inherit: fc.boolean() }, { requiredKeys: [] }) as fc.Arbitrary<Policy>;
const policy = fc.oneof(
  { weight: 4, arbitrary: layer },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(layer, fc.constant<Policy>({ all: [] })), fc.array(inheriting, { maxLength: 2 }))
      .map(([first, others]): Policy => ({ all: [first, ...others] })),
  },
);
const rates = fc.record({ maxRate: fc.constantFrom('1/s', '2/s', '2/100ms', '10/min', '1/2s') }, { requiredKeys: [] });
const both = <T>(arbitrary: fc.Arbitrary<T>) => fc.tuple(arbitrary, arbitrary);
const granting = (made: fc.Arbitrary<unknown>) => both(made.map((f) => ({ hypercalls: { f } }) as Policy));
/** Includes policies that differ in one property: for two that have nothing in common, everything is reported. */
const pairs = fc.oneof(
  both(policy),
  fc.constantFrom(...(Object.keys(sections) as (keyof typeof sections)[])).chain((key) => {
    const section: fc.Arbitrary<unknown> = sections[key];
    return both(fc.array(section, { minLength: 1, maxLength: 2 })).map(
      (pair) =>
        pair.map((layers) => ({ all: layers.map((layer) => ({ [key]: layer })) })) as unknown as [Policy, Policy],
    );
  }),
  granting(grant),
  granting(rates),
  granting(fc.record({ args: fc.array(predicate, { maxLength: 3 }) })),
);

const VALUES = ['a', 'ab', 'b', '', 0, -0, 1, 2, null, undefined, new Uint8Array(1), 1n];
const LISTS: readonly (readonly unknown[])[] = [
  [],
  ...VALUES.map((value) => [value]),
  ...VALUES.flatMap((value) => [
    [value, 'a'],
    ['a', value],
    [1, value],
    [value, undefined],
  ]),
  ['a', 'a', 'a'],
  [undefined, undefined, undefined],
  [1, 1, 1, 1],
];
const ask = (name: string, args: readonly unknown[]): Ask => ({ name, args, bytes: 10, now: 0 });
const ASKS: readonly Ask[] = [
  ...['f', 'g', '__proto__', 'toString', 'unknown'].flatMap((name) => LISTS.map((args) => ask(name, args))),
  ...['console', 'clock', 'random', 'env.list'].map((name) => ask(`colony:${name}`, [])),
  ...['A', 'B', 'C'].map((name) => ask('colony:env', [name])),
  ...['/', '/a', '/a/b/x', '/ab', '/c/d'].flatMap((path) =>
    ['read', 'write'].map((name) => ask(`colony:fs.${name}`, [path])),
  ),
  ...['http://x', 'http://y/z', 'http://z'].flatMap((url) =>
    ['GET', 'HEAD', 'PUT', 'POST'].map((method) => ask('colony:fetch', [{ url, method }])),
  ),
];
const stateOf = (policy: CompiledPolicy): State => ({ policy, call: new Usage(), lifetimeUsage: new Usage() });

/**
 * Returns a request that `after` allows and `before` does not: first one request of each kind, then requests over time.
 */
function allowedBeyond(before: CompiledPolicy, after: CompiledPolicy, times: readonly number[]): unknown {
  const single = ASKS.find((ask) => decide(stateOf(after), ask).allow && !decide(stateOf(before), ask).allow);
  if (single !== undefined) return single;
  for (const ask of ASKS.filter(({ name }) => name === 'colony:fetch')) {
    const { url, method } = ask.args[0] as { url: string; method: string };
    const reaches = (policy: CompiledPolicy) =>
      decide(stateOf(policy), ask).allow && permits(policy)(new URL(url), method, '10.0.0.1');
    if (reaches(after) && !reaches(before)) return { private: url };
  }
  for (const ask of ASKS.filter((ask) => decide(stateOf(after), ask).allow)) {
    let [old, now] = [stateOf(before), stateOf(after)];
    let clock = 0;
    for (const [count, gap] of times.entries()) {
      clock += gap;
      const next = { ...ask, now: clock };
      // Every fourth request belongs to another call of the guest, for which the counts start again.
      if (count % 4 === 3)
        [old, now] = [
          { ...old, call: new Usage() },
          { ...now, call: new Usage() },
        ];
      if (!decide(now, next).allow) continue;
      if (!decide(old, next).allow) return { next, count };
      for (const state of [old, now]) commit(state, next);
    }
  }
  for (const [name, limit] of Object.entries(after.limits))
    if (limit > before.limits[name as keyof typeof before.limits]) return name;
  const can = (name: string, args: readonly unknown[] = []) => decide(stateOf(after), ask(name, args)).allow;
  if (can('colony:clock') && fixedTime(before) !== undefined && fixedTime(after) !== fixedTime(before)) return 'a time';
  if (can('colony:random') && seed(before) !== undefined && seed(after) !== seed(before)) return 'a seed';
  const trusts = ({ layers }: CompiledPolicy, signer: string | undefined) =>
    layers.every(({ signers }) => signers === undefined || (signer !== undefined && signers.includes(signer)));
  for (const signer of [undefined, ...SIGNERS]) {
    if (trusts(after, signer) && !trusts(before, signer)) return `files of ${signer}`;
  }
  return fileBytes(after) > fileBytes(before) && can('colony:fs.read', ['/a/b/x']) ? 'larger files' : undefined;
}

describe('grantIncreases', () => {
  it('are reported if one policy allows a request that the other denies', () => {
    let [wider, within] = [0, 0];
    fc.assert(
      fc.property(pairs, fc.array(fc.constantFrom(0, 50, 100, 600), { maxLength: 12 }), ([before, after], times) => {
        const beyond = allowedBeyond(compilePolicy(before), compilePolicy(after), times);
        const increases = grantIncreases(before, after);
        if (beyond !== undefined) expect(increases).not.toEqual([]);
        if (beyond !== undefined) wider++;
        if (increases.length === 0) within++;
      }),
      { numRuns: 2000 },
    );
    // The law proves something only if there are many of both.
    expect(Math.min(wider, within)).toBeGreaterThan(100);
  });
  it('are empty from a policy to itself, and from a policy to a narrowed one', () => {
    fc.assert(
      fc.property(policy, inheriting, (before, child) => {
        expect(grantIncreases(before, before)).toEqual([]);
        expect(grantIncreases(before, narrow(before, child))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
  it('have one entry for private addresses of an origin, for each method', () => {
    const at = (...grants: object[]): Policy => ({
      fetch: grants.map((grant) => ({ origin: 'http://x', ...grant })) as never,
    });
    const open = { private: true };
    expect(grantIncreases(at({}), at(open))).toEqual([{ grant: 'fetch', what: 'fetch http://x at private addresses' }]);
    expect(grantIncreases(at({}, { methods: ['PUT'], ...open }), at({}, open, { methods: ['PUT'] }))).toHaveLength(1);
    expect(grantIncreases(at(open), at({}))).toEqual([]);
    expect(grantIncreases(at({}, open), at(open))).toEqual([]);
  });
});

it.each<Policy>([
  { hypercalls: { f: { args: [{ pattern: 'a', oneOf: [1, 'left'] }] } } },
  { hypercalls: { f: { args: [{ equals: 0.5, oneOf: [1, 'a'] }] } } },
  { hypercalls: { f: { args: [{ type: 'number', oneOf: ['a'] }, true] } } },
])('are empty from a policy to itself, and for values that another condition refuses: %j', (policy) => {
  expect(grantIncreases(policy, policy)).toEqual([]);
  const more = { hypercalls: { f: { args: [{ type: 'string', oneOf: ['a', 1] }] } } } as const;
  expect(grantIncreases({ hypercalls: { f: { args: [{ equals: 'a' }] } } }, more)).toEqual([]);
});
