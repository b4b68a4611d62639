/** A compiler's questions about capabilities get the same answers as requests at run time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allSections, builtIns } from '../src/capabilities/index.js';
import {
  allowsAny,
  grantOfBuiltIn,
  isWholeGrant,
  type KnownUse,
  layerIncreases,
  leastGrants,
  refusalOf,
  unusedGrants,
} from '../src/capabilities/uses.js';
import { compilePolicy, type PolicyLayer } from '../src/index.js';
import { decide, decideGrant, Usage } from '../src/policy/decide.js';

const word = fc.constantFrom('a', 'b', '__proto__');
const path = fc.constantFrom('/a', '/a/b', '/ab', '/');
const origin = fc.constantFrom('http://a.example', 'https://a.example');
const method = fc.constantFrom('GET', 'HEAD', 'POST');
const value = fc.constantFrom(1, 'a', null, true);

/** Uses with all parts known, so that each is one request. */
const use = fc.oneof<fc.Arbitrary<KnownUse>[]>(
  fc.record({ kind: fc.constantFrom('console', 'clock', 'random') }),
  fc.record({ kind: fc.constant('env'), name: word }),
  fc.record({ kind: fc.constantFrom('fs.read', 'fs.write'), path }),
  fc.record({ kind: fc.constant('fetch'), origin, methods: method.map((only) => [only]) }),
  fc.record({
    kind: fc.constant('hypercall'),
    name: fc.constantFrom('f', 'g'),
    args: fc.array(
      value.map((only) => ({ values: [only] })),
      { maxLength: 2 },
    ),
  }),
);
const uses = fc.array(use, { maxLength: 6 });

function requestOf(asked: KnownUse): { name: string; args: unknown[] } {
  switch (asked.kind) {
    case 'env':
      return { name: 'colony:env', args: [asked.name] };
    case 'fs.read':
    case 'fs.write':
      return { name: `colony:${asked.kind}`, args: [asked.path] };
    case 'fetch':
      return { name: 'colony:fetch', args: [{ url: `${asked.origin}/x`, method: asked.methods![0] }] };
    case 'hypercall':
      return { name: asked.name, args: asked.args!.map((argument) => (argument === 'any' ? 0 : argument.values[0])) };
    default:
      return { name: `colony:${asked.kind}`, args: [] };
  }
}

const layerOf = (policy: PolicyLayer) => compilePolicy(policy).layers[0]!;
const stateOf = (policy: PolicyLayer) => ({
  policy: compilePolicy(policy),
  call: new Usage(),
  lifetimeUsage: new Usage(),
});
const isAllowed = (policy: PolicyLayer, asked: KnownUse) =>
  decide(stateOf(policy), { ...requestOf(asked), bytes: 0, now: 0 }).allow;

describe('capabilities', () => {
  it('each hypercall needs a grant of its own section', () => {
    for (const [name, { section, hypercall }] of builtIns) {
      expect(name).toMatch(/^colony:/);
      expect(section.grants).toContain(hypercall.grant);
      expect(grantOfBuiltIn(name)).toBe(hypercall.grant);
    }
    const grants = allSections.flatMap((section) => section.grants);
    expect(new Set(grants).size).toBe(grants.length);
    expect(grants.filter(isWholeGrant)).toEqual(['console', 'clock', 'random']);
    expect(grantOfBuiltIn('f')).toBeUndefined();
  });

  it('a use is refused at build time exactly if its request is refused at run time', () => {
    fc.assert(
      fc.property(uses, use, (granted, asked) => {
        const policy = leastGrants(granted);
        expect(refusalOf(layerOf(policy), asked) === undefined).toBe(isAllowed(policy, asked));
      }),
      { numRuns: 2000 },
    );
  });

  it('a layer allows some use of a kind if the hypercall is granted before its arguments are read', () => {
    fc.assert(
      fc.property(uses, (granted) => {
        const policy = leastGrants(granted);
        for (const [name, { hypercall }] of builtIns) {
          const isGranted = decideGrant(stateOf(policy), { name, bytes: 0, now: 0 }).allow;
          expect(allowsAny(layerOf(policy), hypercall.grant)).toBe(isGranted);
        }
      }),
    );
  });

  it('the least policy allows every use, grants nothing that is unused, and is not more than itself', () => {
    fc.assert(
      fc.property(uses, (known) => {
        const layer = layerOf(leastGrants(known));
        expect(known.filter((asked) => !isAllowed(leastGrants(known), asked))).toEqual([]);
        expect(unusedGrants(layer, { known, unknown: new Set() })).toEqual([]);
        expect(layerIncreases(layer, layer)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('a grant of one least policy that another does not have is reported as an increase', () => {
    fc.assert(
      fc.property(uses, uses, use, (before, after, asked) => {
        const [old, now] = [leastGrants(before), leastGrants(after)];
        fc.pre(isAllowed(now, asked) && !isAllowed(old, asked));
        expect(layerIncreases(layerOf(old), layerOf(now))).not.toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('a grant is not unused if the arguments of a use are not known', () => {
    const layer = layerOf({ env: ['A'], fs: { read: ['/a'] }, fetch: [{ origin: 'http://a.example' }], clock: true });
    const unknown = new Set(['env', 'fs.read', 'fetch', 'hypercall']);
    expect(unusedGrants(layer, { known: [], unknown })).toEqual(['clock']);
  });
});
