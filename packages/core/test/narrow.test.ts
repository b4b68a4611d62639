/**
 * Tests that policies are plain data and that narrowing never widens a policy: laws over generated policies, and
 * attacks on both.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mostFileBytes } from '../src/capabilities/fs.js';
import { type CompiledPolicy, compilePolicy, deterministic, narrow, type Policy, pure } from '../src/index.js';
import { OptionReader } from '../src/options/option-reader.js';
import { compileCopy } from '../src/policy/compile.js';
import { commit, decide, type PolicyState, Usage } from '../src/policy/decide.js';

type Raw = Record<string, unknown>;
type Ask = readonly [name: string, args: readonly unknown[]];

const stateOf = (policy: CompiledPolicy): PolicyState => ({ policy, call: new Usage(), lifetimeUsage: new Usage() });
const request = ([name, args]: Ask) => ({ name, args, now: 0, bytes: 10 });
/** Compiles a policy as if other layers came before it, so that `inherit` is permitted. */
const alone = (child: Policy) => compileCopy(child, new OptionReader('ERR_BAD_POLICY', 'child'), true);

const ASKS: readonly Ask[] = [
  ...['f', 'g', 'h'].flatMap((name): Ask[] => [[], [0], [1], [3], [1, 1]].map((args) => [name, args])),
  ...['A', 'B'].map((name): Ask => ['colony:env', [name]]),
  ...['console', 'clock', 'random', 'env.list'].map((name): Ask => [`colony:${name}`, []]),
  ...['/a/x', '/a/b/x', '/c'].flatMap((path): Ask[] =>
    ['read', 'write', 'list', 'stat'].map((name) => [`colony:fs.${name}`, [path]]),
  ),
  ...['http://x', 'http://y'].flatMap((url): Ask[] =>
    ['GET', 'PUT'].map((method) => ['colony:fetch', [{ url, method }]]),
  ),
];
const allowedBy = (policy: CompiledPolicy) => ASKS.filter((ask) => decide(stateOf(policy), request(ask)).allow);

const grant = fc.oneof(
  fc.constantFrom(true, false),
  fc.record(
    {
      maxCalls: fc.nat(3),
      maxBytes: fc.nat(60),
      once: fc.boolean(),
      lifetime: fc.record({ maxCalls: fc.nat(4) }),
      args: fc.array(fc.constantFrom(true as const, { max: 2 }, { equals: 1 }, { oneOf: [0, 1, 2] })),
    },
    { requiredKeys: [] },
  ),
);
const folders = fc.subarray(['/a', '/a/b', '/c']);
const sections = {
  hypercalls: fc.dictionary(fc.constantFrom('f', 'g', 'h'), grant),
  console: fc.boolean(),
  clock: fc.oneof(fc.boolean(), fc.record({ fixed: fc.nat() })),
  random: fc.oneof(fc.boolean(), fc.record({ seed: fc.nat() })),
  env: fc.subarray(['A', 'B']),
  fs: fc.record({ read: folders, write: folders }, { requiredKeys: [] }),
  fetch: fc.subarray([{ origin: 'http://x' }, { origin: 'http://y', methods: ['PUT'] }]),
  limits: fc.record({ memory: fc.nat(), hypercalls: fc.nat() }, { requiredKeys: [] }),
};
const layer = fc.record(sections, { requiredKeys: [] }) as fc.Arbitrary<Policy>;
const inheriting = fc.record({ ...sections, inherit: fc.boolean() }, { requiredKeys: [] }) as fc.Arbitrary<Policy>;
/** Nested `all`, including empty ones. Only the first layer of a parent must not inherit. */
const parents = fc.oneof(
  layer,
  fc
    .tuple(layer, fc.array(inheriting, { maxLength: 3 }))
    .map(([first, others]): Policy => ({ all: [first, ...others] })),
  fc.constantFrom<Policy>(pure, deterministic, { all: [] }, { all: [{ all: [] }] }),
);
const children = fc.letrec<{ child: Policy }>((tie) => ({
  child: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    inheriting,
    fc.array(tie('child'), { maxLength: 3 }).map((all): Policy => ({ all })),
  ),
})).child;

describe('narrow', () => {
  it('allows exactly what the parent and the child both allow', () => {
    fc.assert(
      fc.property(parents, children, (parent, child) => {
        const both = allowedBy(compilePolicy(parent)).filter((ask) => allowedBy(alone(child)).includes(ask));
        expect(allowedBy(compilePolicy(narrow(parent, child)))).toEqual(both);
      }),
      { numRuns: 300 },
    );
  });
  it('never allows more often than the parent or the child', () => {
    fc.assert(
      fc.property(parents, children, fc.array(fc.constantFrom(...ASKS), { maxLength: 12 }), (parent, child, list) => {
        const inner = stateOf(compilePolicy(narrow(parent, child)));
        const outer = [stateOf(compilePolicy(parent)), stateOf(alone(child))];
        for (const ask of list.map(request)) {
          if (!decide(inner, ask).allow) continue;
          for (const state of outer) expect(decide(state, ask)).toEqual({ allow: true });
          for (const state of [inner, ...outer]) commit(state, ask);
        }
      }),
      { numRuns: 300 },
    );
  });
  it('has the smallest of all stated limits', () => {
    fc.assert(
      fc.property(parents, children, (parent, child) => {
        const [narrowed, outer] = [compilePolicy(narrow(parent, child)).limits, compilePolicy(parent).limits];
        for (const key of ['memory', 'hypercalls', 'wallTime'] as const) {
          expect(narrowed[key]).toBeLessThanOrEqual(outer[key]);
          const stated = 'limits' in child ? child.limits?.[key] : undefined;
          if (typeof stated === 'number') expect(narrowed[key]).toBeLessThanOrEqual(stated);
        }
      }),
    );
  });
  it('keeps a size of files above the default, unless a layer states a smaller one', () => {
    const house: Policy = { fs: { read: ['/a'], maxBytes: '64 MiB' } };
    const bytes = (...layers: Policy[]) =>
      mostFileBytes(compilePolicy({ all: layers }).layers.map(({ fs }) => fs)) / 1024 ** 2;
    for (const further of [{}, { inherit: true }, { fs: { read: ['/a/b'] } }, { inherit: true, limits: { memory: 5 } }])
      expect(bytes(house, further)).toBe(64);
    expect(bytes(house, { fs: { maxBytes: '1 MiB' } }, { fs: { maxBytes: '2 MiB' } })).toBe(1);
    expect(bytes(house, { fs: { maxBytes: '1 GiB' } })).toBe(64);
    expect(bytes({ fs: { read: ['/a'] } }, { fs: { maxBytes: '1 GiB' } })).toBe(8);
    expect(bytes({ inherit: false }, house)).toBe(8);
    expect(bytes(pure)).toBe(8);
  });
  it('to pure, to an empty list and to lists of such leaves no grant', () => {
    const everything: Policy = {
      hypercalls: { f: true, g: true, h: true },
      ...{ console: true, clock: true, random: true, env: ['A', 'B'] },
      fs: { read: ['/'], write: ['/'] },
      fetch: [{ origin: 'http://x', methods: ['GET', 'PUT'] }, { origin: 'http://y' }],
    };
    expect(allowedBy(compilePolicy(everything)).length).toBeGreaterThan(30);
    for (const child of [pure, {}, { all: [] }, { all: [{}] }, { all: [{ all: [] }] }, { all: [everything, pure] }])
      expect(allowedBy(compilePolicy(narrow(everything, child)))).toEqual([]);
    expect(allowedBy(compilePolicy(narrow(everything, { inherit: true })))).toEqual(
      allowedBy(compilePolicy(everything)),
    );
    expect(() => narrow(everything, [] as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_POLICY' }));
  });
  it('with inherit keeps sections that the child leaves out', () => {
    const policy = narrow({ hypercalls: { f: true }, console: true }, { inherit: true, console: false });
    expect(allowedBy(compilePolicy(policy)).map(([name]) => name)).toEqual(Array(5).fill('f'));
  });
  it('is JSON-able', () => {
    fc.assert(
      fc.property(parents, children, (parent, child) => {
        const policy = narrow(parent, child);
        const copy = JSON.parse(JSON.stringify(policy));
        expect(allowedBy(compilePolicy(copy))).toEqual(allowedBy(compilePolicy(policy)));
        expect(compilePolicy(copy).limits).toEqual(compilePolicy(policy).limits);
      }),
    );
  });
  it('does not change with later changes of the parent or the child', () => {
    const parent = { hypercalls: { f: { maxCalls: 1 } }, console: false };
    const child = { hypercalls: { f: { maxCalls: 1 } }, console: false, env: [] as string[] };
    const policy = narrow(parent, child);
    const before = JSON.stringify(policy);
    for (const layer of [parent, child]) {
      layer.console = true;
      layer.hypercalls.f.maxCalls = 100;
    }
    child.env.push('A');
    expect(JSON.stringify(policy)).toBe(before);
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));
    expect(frozen(policy)).toBe(true);
  });
});

/** Objects with `key: value`, or a part of it, that a reader of own enumerable data does not see. */
const HIDDEN: Readonly<Record<string, (key: string, value: unknown) => object>> = {
  'an inherited property': (key, value) => Object.create({ [key]: value }),
  'a property inherited from an object without a prototype': (key, value) =>
    Object.create(Object.assign(Object.create(null), { [key]: value })),
  'a property that is not enumerable': (key, value) => Object.defineProperty({}, key, { value }),
  'a getter': (key, value) => Object.defineProperty({}, key, { enumerable: true, get: () => value }),
  'a hidden getter': (key, value) => Object.defineProperty({}, key, { get: () => value }),
  'a getter of a class': (key, value) =>
    new (class {
      get [key]() {
        return value;
      }
    })(),
  'a field of a class': (key, value) =>
    new (class {
      [key] = value;
    })(),
  'a Map': (key, value) => new Map([[key, value]]),
  'a symbol': (key, value) => ({ [Symbol(key)]: value }),
  'a property of a list': (key, value) => Object.assign([], { [key]: value }),
  'a property of a function': (key, value) => Object.assign(() => {}, { [key]: value }),
};
const everywhere = (policy: unknown): (() => unknown)[] => [
  () => compilePolicy(policy as Policy),
  () => narrow(policy as Policy, {}),
  () => narrow({ console: true, hypercalls: { f: true } }, policy as Policy),
  () => narrow({ console: true }, { all: [{ inherit: true }, policy as Policy] }),
];

describe('policies are plain data', () => {
  it.each(Object.entries(HIDDEN))('%s is refused at any place', (_name, hide) => {
    const parts: unknown[] = [
      hide('console', false),
      { hypercalls: hide('f', false) },
      { hypercalls: { f: hide('maxCalls', 0) } },
      { hypercalls: { f: { lifetime: hide('maxCalls', 0) } } },
      { hypercalls: { f: { args: [hide('equals', 1)] } } },
      { fs: hide('maxBytes', 1) },
      { fetch: [hide('methods', [])] },
      { limits: hide('memory', 1) },
      { isolation: hide('boundary', []) },
      { all: [{}, hide('console', false)] },
    ];
    for (const attempt of parts.flatMap(everywhere))
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_BAD_POLICY' }));
  });
  it('lists with holes, hidden items or other properties are refused', () => {
    const lists = [
      [, 'A'],
      Object.assign(['A'], { extra: 1 }),
      Object.defineProperty(['A'], 0, { get: () => 'B' }),
      Object.defineProperty(['A'], 0, { enumerable: false }),
      new Array(2 ** 32 - 1),
      Object.setPrototypeOf({ 0: 'A', length: 1 }, Array.prototype),
    ];
    for (const attempt of lists.flatMap((env) => everywhere({ env })))
      expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_BAD_POLICY' }));
  });
  it('properties of Object.prototype do not grant anything', () => {
    const polluted: Raw = Object.prototype as never;
    const added = { console: true, inherit: true, all: [{ console: true }], hypercalls: { f: true }, value: true };
    for (const [key, value] of Object.entries(added)) {
      Object.defineProperty(polluted, key, { value, configurable: true, writable: true });
      // No `expect` within this part, because vitest itself reads missing properties.
      const compiled = [{}, narrow({ hypercalls: { g: true } }, {}), { all: [{ clock: true }, {}] }].map(compilePolicy);
      delete polluted[key];
      for (const policy of compiled) expect([key, allowedBy(policy)]).toEqual([key, []]);
    }
  });
  it('a proxy is read once, and cannot return two values', () => {
    let reads = 0;
    const fickle = new Proxy(
      {},
      {
        ownKeys: () => ['console'],
        getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true, value: reads++ > 0 }),
      },
    );
    const policy = narrow({ console: true }, fickle);
    expect(reads).toBe(1);
    expect(allowedBy(compilePolicy(policy))).toEqual([]);
  });
  it('a cyclic policy is refused, and shared parts are accepted', () => {
    const loop: Raw = {};
    loop['all'] = [loop];
    for (const attempt of everywhere(loop)) expect(attempt).toThrow(/does not hold itself/);
    const shared: Policy = { console: true };
    expect(compilePolicy({ all: [shared, shared] }).layers).toHaveLength(2);
    let wide: Policy = { console: true };
    for (let depth = 0; depth < 30; depth++) wide = { all: [wide, wide] };
    for (const attempt of everywhere(wide)) expect(attempt).toThrow(/at most 1000 layers/);
  });
  it('an object of another realm and one without a prototype are plain', async () => {
    const { runInNewContext } = await import('node:vm');
    const foreign = runInNewContext('({ console: true, env: ["A"] })') as Policy;
    const bare = Object.assign(Object.create(null), { console: true, env: ['A'] }) as Policy;
    for (const policy of [foreign, bare])
      expect(allowedBy(compilePolicy(policy)).map(([name]) => name)).toEqual([
        'colony:env',
        'colony:console',
        'colony:env.list',
      ]);
  });
});
