import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AUDIT_CHANNEL,
  type Boundary,
  type Capabilities,
  compilePolicy,
  DEFAULT_LIMITS,
  deterministic,
  MECHANISMS,
  type Mechanism,
  narrow,
  type Policy,
  pure,
} from '../src/index.js';
import { parseRate, parseSize, parseTime } from '../src/options/units.js';
import { summarize } from '../src/policy/audit.js';
import { commit, commitReply, decide, type PolicyState, Usage } from '../src/policy/decide.js';
import { isolationReason } from '../src/policy/isolation.js';

const stateOf = (policy: Policy): PolicyState => ({
  policy: compilePolicy(policy),
  call: new Usage(),
  lifetimeUsage: new Usage(),
});
const request = (name: string, args: unknown[] = [], now = 0, bytes = 10) => ({ name, args, now, bytes });
const allows = (policy: Policy, name: string, args: unknown[] = []) =>
  decide(stateOf(policy), request(name, args)).allow;

/** Makes `count` requests and counts the allowed ones. */
function allowed(state: PolicyState, name: string, count: number, now: (i: number) => number = () => 0): number {
  let granted = 0;
  for (let i = 0; i < count; i++) {
    const ask = request(name, [], now(i));
    if (!decide(state, ask).allow) continue;
    commit(state, ask);
    granted++;
  }
  return granted;
}

it('units are read', () => {
  expect([parseSize('32 MiB'), parseSize('1.5kB'), parseSize(7), parseSize('x'), parseSize(-1)]).toEqual([
    33554432,
    1500,
    7,
    undefined,
    undefined,
  ]);
  expect([parseTime('50 ms'), parseTime('2s'), parseTime('1 min'), parseTime('1 MiB')]).toEqual([
    50,
    2000,
    60000,
    undefined,
  ]);
  expect([parseRate('100/s'), parseRate('5 / min'), parseRate('3/100ms'), parseRate('0/s'), parseRate('s')]).toEqual([
    { count: 100, per: 1000 },
    { count: 5, per: 60000 },
    { count: 3, per: 100 },
    undefined,
    undefined,
  ]);
});

describe('validation names the place, the expected value and the intended name', () => {
  it.each([
    [{ hypercalls: { f: { maxCall: 1 } } }, 'policy.hypercalls.f.maxCall', 'did you mean `maxCalls`'],
    [{ hypercall: {} }, 'policy.hypercall', 'did you mean `hypercalls`'],
    [{ limits: { memory: 'lots' } }, 'policy.limits.memory', "'32 MiB'"],
    [{ limits: { hypercalls: -1 } }, 'policy.limits.hypercalls', 'a count'],
    [{ hypercalls: { f: { maxRate: 'fast' } } }, 'policy.hypercalls.f.maxRate', "'100/s'"],
    [{ hypercalls: { f: { args: [{ pattern: '(a)\\1' }] } } }, 'policy.hypercalls.f.args[0].pattern', 'quick'],
    [{ hypercalls: { f: { args: [{}] } } }, 'policy.hypercalls.f.args[0]', 'condition'],
    [{ hypercalls: { 'colony:clock': true } }, 'policy.hypercalls.colony:clock', 'colony:'],
    [{ fs: { read: ['relative'] } }, 'policy.fs.read[0]', 'absolute'],
    [{ fetch: [{ origin: 'https://a.b/path' }] }, 'policy.fetch[0].origin', 'origin'],
    [{ fetch: [{ origin: 'https://a.b', private: 1 }] }, 'policy.fetch[0].private', 'true or false'],
    [{ clock: { fixed: 'noon' } }, 'policy.clock.fixed', 'ISO'],
    [{ inherit: true }, 'policy.inherit', 'first layer'],
    [{ all: [{}, { env: 'HOME' }] }, 'policy.all[1].env', 'an array'],
    [null, 'policy', 'an object'],
  ])('%j', (policy, path, text) => {
    expect(() => compilePolicy(policy as Policy)).toThrow(
      expect.objectContaining({ code: 'ERR_BAD_POLICY', message: expect.stringContaining(text), details: { path } }),
    );
  });
  it('a policy is plain data', () => {
    const policy: Policy = {
      hypercalls: { f: { maxCalls: 1, args: [true, { oneOf: [1, 'a'] }] } },
      limits: { wallTime: '1 s' },
    };
    expect(compilePolicy(JSON.parse(JSON.stringify(policy))).limits).toEqual(compilePolicy(policy).limits);
    expect(compilePolicy(pure).limits).toEqual(DEFAULT_LIMITS);
    expect(compilePolicy(deterministic).layers).toMatchObject([
      { clock: { fixed: 946684800000 }, random: { seed: 'string:colony' } },
    ]);
  });
});

describe('decisions', () => {
  it('are to deny by default', () => {
    const names = [
      'f',
      'toString',
      '__proto__',
      'colony:console',
      'colony:clock',
      'colony:random',
      'colony:env',
      'colony:fs.read',
      'colony:fs.write',
      'colony:fetch',
      'colony:nonsense',
    ];
    for (const name of names) expect(allows(pure, name, ['x'])).toBe(false);
  });
  it.each([
    [{ equals: 1 }, [1], [2, '1', undefined]],
    [{ oneOf: ['a', null] }, ['a', null], ['b', undefined]],
    [{ min: 1, max: 3 }, [1, 3, 2n], [0, 4, Number.NaN, '2']],
    [{ prefix: 'user:' }, ['user:1'], ['xuser:', 5]],
    [{ pattern: '[a-z]{1,8}' }, ['abc'], ['', 'ab1', 'a\n', 'x'.repeat(300)]],
    [{ maxLength: 2 }, ['ab', [1], new Uint8Array(2)], ['abc', 5, new Uint8Array(3)]],
    [{ type: 'bytes' }, [new Uint8Array(1)], ['a', {}]],
    [{ type: 'string', maxLength: 1 }, ['a'], [[1]]],
  ])('predicate %j', (predicate, good, bad) => {
    const policy = { hypercalls: { f: { args: [predicate] } } } as Policy;
    for (const value of good) expect(allows(policy, 'f', [value])).toBe(true);
    for (const value of bad) expect(allows(policy, 'f', [value])).toBe(false);
    expect(allows(policy, 'f', [good[0], 'one more'])).toBe(false);
  });
  it("budgets apply to a call and to a context's life", () => {
    const state = stateOf({
      hypercalls: { f: { maxCalls: 3, lifetime: { maxCalls: 5 } }, once: { once: true }, b: { maxBytes: 25 } },
    });
    expect(allowed(state, 'f', 10)).toBe(3);
    expect(allowed({ ...state, call: new Usage() }, 'f', 10)).toBe(2);
    expect(allowed({ ...state, call: new Usage() }, 'f', 10)).toBe(0);
    expect(allowed(state, 'once', 3)).toBe(1);
    expect(allowed(state, 'b', 10)).toBe(2);
    expect(commitReply(state, 'b', 6)).toContain('25 bytes');
  });
  it('rates refill evenly and never give more than the bucket holds', () => {
    const state = stateOf({ hypercalls: { f: { maxRate: '10/s' } } });
    expect(allowed(state, 'f', 50)).toBe(10);
    expect(allowed(state, 'f', 50, () => 100)).toBe(1);
    expect(allowed(state, 'f', 50, () => 100_000)).toBe(10);
    fc.assert(
      fc.property(fc.array(fc.nat(300), { maxLength: 100 }), (gaps) => {
        let now = 0;
        const times = gaps.map((gap) => (now += gap));
        const granted = allowed(
          stateOf({ hypercalls: { f: { maxRate: '10/s' } } }),
          'f',
          times.length,
          (i) => times[i]!,
        );
        expect(granted).toBeLessThanOrEqual(10 + Math.ceil(now / 100));
      }),
    );
  });
  it('built-in capabilities are decided', () => {
    const policy: Policy = {
      console: true,
      env: ['A'],
      fs: { read: ['/data'], write: ['/data/out'] },
      fetch: [{ origin: 'https://a.b', methods: ['post'] }],
    };
    expect(allows(policy, 'colony:env', ['A'])).toBe(true);
    expect(allows(policy, 'colony:env', ['B'])).toBe(false);
    for (const path of ['/data', '/data/x', '/data/./y/../x'])
      expect(allows(policy, 'colony:fs.read', [path])).toBe(true);
    for (const path of ['/datax', '/data/../etc/passwd', '../data/x/../../etc', '/', '/data/x\0', 5])
      expect(allows(policy, 'colony:fs.read', [path])).toBe(false);
    expect(allows(policy, 'colony:fs.write', ['/data/x'])).toBe(false);
    expect(allows(policy, 'colony:fetch', [{ url: 'https://a.b/c?d', method: 'POST' }])).toBe(true);
    for (const [url, method] of [
      ['https://a.b', 'GET'],
      ['http://a.b', 'POST'],
      ['https://a.b.c', 'POST'],
      ['https://a.b@evil', 'POST'],
      ['https://a.b:444', 'POST'],
    ]) {
      expect(allows(policy, 'colony:fetch', [{ url, method }])).toBe(false);
    }
  });
});

it('the audit stream has the caller, the request, the decision and the reason', async () => {
  const { createContext, js } = await import('../src/index.js');
  const { fakeBackend } = await import('./fake-backend.js');
  const records: unknown[] = [];
  const listen = (record: unknown) => records.push(record);
  subscribe(AUDIT_CHANNEL, listen);
  const program = js`export const f = () => { try { host.no({}) } catch {} return host.yes('a', new Uint8Array(3)) }`;
  const ctx = await createContext({
    backend: fakeBackend(),
    program,
    hypercalls: { yes: () => 1, no: () => 2 },
    policy: { hypercalls: { yes: true } },
  });
  await ctx.call('f');
  unsubscribe(AUDIT_CHANNEL, listen);
  await ctx.dispose();
  expect(records).toMatchObject([
    {
      context: ctx.id,
      program: program.hash,
      hypercall: 'no',
      args: ['Object'],
      allowed: false,
      reason: expect.stringContaining('hypercalls.no'),
    },
    { hypercall: 'yes', args: ['"a"', 'Uint8Array(3)'], allowed: true },
  ]);
  expect(summarize(Array(20).fill(1))).toHaveLength(9);
  expect(summarize([-5n, 2n ** 63n, 10n ** 5000n, 'x'.repeat(5000), Symbol('s')])).toEqual([
    '-5n',
    'a bigint',
    'a bigint',
    `"${'x'.repeat(60)}..."`,
    'Symbol(s)',
  ]);
});

describe('demands on isolation', () => {
  const has = (boundary: Boundary, ...mechanisms: Mechanism[]) => ({ boundary, mechanisms }) as unknown as Capabilities;
  const reason = (policy: Policy, capabilities: Capabilities) => isolationReason(compilePolicy(policy), capabilities);

  it('include one of the named boundaries, and every named mechanism', () => {
    const policy: Policy = { isolation: { boundary: ['process', 'wasm'], mechanisms: ['seccomp', 'landlock'] } };
    expect(reason(policy, has('process', 'landlock', 'seccomp', 'cgroup'))).toBeUndefined();
    expect(reason(policy, has('thread', 'landlock', 'seccomp'))).toMatch(/boundary process or wasm.*'thread'/);
    expect(reason(policy, has('wasm', 'seccomp'))).toMatch(/demands landlock, which/);
    expect(reason(pure, has('none'))).toBeUndefined();
  });
  it('include only limits that are really enforced', () => {
    const policy: Policy = { isolation: { limits: ['memory', 'cpuTime'] } };
    const limits = { memory: true, wallTime: false, cpuTime: true, output: false };
    expect(reason(policy, { ...has('process'), limits })).toBeUndefined();
    expect(reason(policy, { ...has('process'), limits: { ...limits, cpuTime: false } })).toMatch(/limits.*cpuTime$/);
  });
  it('must be boundaries, mechanisms and limits', () => {
    for (const isolation of [
      { boundary: ['vm'] },
      { mechanisms: ['hope'] },
      { limits: ['patience'] },
      { mechanism: [] },
      true,
    ]) {
      expect(() => compilePolicy({ isolation } as never)).toThrow(expect.objectContaining({ code: 'ERR_BAD_POLICY' }));
    }
  });
  it("of layers add up: a child cannot waive a parent's demand", () => {
    const boundaries: Boundary[] = ['virtual-machine', 'wasm', 'process', 'thread', 'none'];
    const demand = fc.record({
      boundary: fc.subarray(boundaries),
      mechanisms: fc.subarray([...MECHANISMS]),
    });
    const capabilities = fc.record({
      boundary: fc.constantFrom(...boundaries),
      mechanisms: fc.subarray([...MECHANISMS]),
    });
    fc.assert(
      fc.property(demand, demand, capabilities, (outer, inner, capability) => {
        const parent: Policy = { isolation: outer };
        const child: Policy = { isolation: inner };
        const seen = capability as unknown as Capabilities;
        const both = reason(parent, seen) === undefined && reason(child, seen) === undefined;
        expect(reason(narrow(parent, child), seen) === undefined).toBe(both);
        expect(reason(narrow(parent, {}), seen)).toBe(reason(parent, seen));
      }),
    );
  });
});
