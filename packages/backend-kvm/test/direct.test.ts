/**
 * A call that the engine's glue makes itself (guest/engine/direct.c) returns the same as the guest's runtime. The
 * function is also called as the only row of a batch, which always uses the runtime.
 */
import { ColonyError, type Context, createContext, js } from '@colony/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeKvm, PATIENT } from './lib/kvm.js';

const SOURCE = `
let calls = 0;
export const echo = (x) => x;
export const later = async (x) => x;
export const list = (...args) => args;
export const count = () => ++calls;
export const fail = (x) => { throw x; };
export const failLater = async (x) => { throw x; };
export const error = () => { throw Object.assign(new RangeError('far'), { code: 'FAR' }); };
export const stack = () => new Error('here').stack;
export const results = {
  thenable: () => ({ then: (done) => done(1) }),
  getterThen: () => ({ get then() { return (done) => done(2); } }),
  failing: () => ({ then: (_, failed) => failed(new Error('later')) }),
  nested: async () => ({ a: [1, { b: 'two' }], c: null, d: undefined }),
  never: () => new Promise(() => {}),
  neverThen: () => ({ then() {} }),
  inherited: () => Object.create({ then: (done) => done(3) }),
  polluted: () => { Object.prototype.then = (done) => done(4); return {}; },
  pollutedArray: () => { Array.prototype.then = (done) => done(5); return [1]; },
  getter: () => { let n = 0; return { get n() { return ++n; }, m: 1 }; },
  throwing: () => ({ get n() { throw new Error('got'); } }),
  arrayGetter: () => { let n = 0; return Object.defineProperty([1, 2], 1, { get: () => ++n, enumerable: true }); },
  hole: () => [1, , 3],
  sparse: () => { const a = []; a[1e6] = 1; return a; },
  named: () => Object.assign([1], { extra: 2 }),
  hidden: () => Object.defineProperty({ a: 1 }, 'b', { value: 2 }),
  symbol: () => ({ [Symbol('s')]: 1, a: 2 }),
  proto: () => JSON.parse('{"__proto__": {"a": 1}, "2": 1, "1": 2, "x": 3}'),
  bare: () => Object.assign(Object.create(null), { a: 1 }),
  instance: () => new (class A { x = 1 })(),
  proxy: () => new Proxy({ a: 1 }, {}),
  proxyArray: () => new Proxy([1, 2], {}),
  subclass: () => new (class extends Array {})(3).fill(1),
  twice: () => { const o = {}; return [o, o]; },
  cycle: () => { const o = {}; o.o = o; return o; },
  many: () => Array.from({ length: 100 }, (_, i) => ({ i })),
  deep: () => { let a = []; for (let i = 0; i < 40; i++) a = [a]; return a; },
  wide: () => 'x'.repeat(70000),
  rope: () => { let s = ''; for (let i = 0; i < 20000; i++) s += i; return s; },
  lone: () => 'a\\ud800b',
  pair: () => '\\ud83d\\ude00\\u0000z',
  minusZero: () => [-0, 0, NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e300, 0.1, 2 ** 31, -(2 ** 31) - 1],
  bigint: () => 10n ** 30n,
  symbolValue: () => Symbol('no'),
  functionValue: () => () => 1,
  date: () => new Date(7),
  map: () => new Map([[1, new Set([2])]]),
  bytes: () => Uint8Array.of(1, 2, 3),
  late: () => { const o = { a: 1 }; Promise.resolve().then(() => { o.b = 2; }); return o; },
  lateThen: () => { const o = { a: 1 }; Promise.resolve().then(() => { o.then = (done) => done(6); }); return o; },
  job: () => { Promise.resolve().then(() => { throw new Error('unseen'); }); return 1; },
  promiseThen: () => Object.assign(Promise.resolve(1), { then: (done) => done(2) }),
  promiseWithout: () => Object.assign(Promise.resolve(1), { then: undefined }),
  promiseBare: () => Object.setPrototypeOf(Promise.resolve(1), null),
  promiseOther: () => Object.setPrototypeOf(Promise.resolve(1), { then: (done) => done(3) }),
  promiseMade: () => Object.defineProperty(Promise.resolve(1), 'constructor', { get() { throw new Error('asked'); } }),
  promiseClass: () => new (class extends Promise { constructor(run) { super(run); host.lookup('made'); } })((done) => done(4)),
  promisesDeleted: () => { delete Promise.prototype.then; return (async () => 1)(); },
  promisesChanged: () => { Promise.prototype.constructor = 7; return (async () => 1)(); },
  arraysChain: () => { Object.setPrototypeOf(Array.prototype, { then: (done) => done(8) }); return [1]; },
  arraysProxy: () => { Object.setPrototypeOf(Array.prototype, new Proxy({}, { get: (_, key) => key === 'then' && ((done) => done(9)) })); return [1]; },
  random: () => { Math.random(); return 1; },
};
export const result = (name) => results[name]();
`;

describeKvm('calls of plain values', () => {
  let context: Context;
  beforeAll(async () => {
    const hypercalls = { lookup: (x: unknown) => x };
    const policy = { hypercalls: { lookup: {} }, random: true, limits: PATIENT };
    context = await createContext({
      backend: 'kvm',
      program: js(SOURCE, { filename: 'direct.js' }),
      hypercalls,
      policy,
    });
  });
  afterAll(() => context.dispose());

  const reported = (error: unknown) => {
    if (!ColonyError.is(error)) throw error;
    const { row: _row, guest, ...details } = error.details;
    // If some rows of a batch cannot cross, all are encoded again one by one, which changes stacks.
    const stack = guest?.stack?.replace(/^\s+at map \(native\)$\n?/m, '');
    return { code: error.code, message: error.message.replace(/^row \d+: /, ''), details, guest: { ...guest, stack } };
  };
  const alone = (name: string, ...args: unknown[]) =>
    context.call(name, ...args).then((value) => ({ value }), reported);
  const inBatch = (name: string, ...args: unknown[]) =>
    context.callBatch(name, [args]).then(([value]) => ({ value }), reported);
  const same = async (name: string, ...args: unknown[]) =>
    expect(await alone(name, ...args)).toStrictEqual(await inBatch(name, ...args));

  it.each([...SOURCE.matchAll(/^ {2}(\w+): (?:async )?\(/gm)].map(([, name]) => name!))(
    '%s as a result',
    async (name) => {
      await same('result', name);
    },
  );

  it('errors and other thrown values are the same', async () => {
    await same('error');
    for (const thrown of [1, 'text', null, undefined, { a: 1 }, [1]]) {
      await same('fail', thrown);
      await same('failLater', thrown);
    }
    await same('nothing of that name');
    expect(await context.call('stack')).toMatch(/^\s+at stack \(direct\.js:\d+/);
  });

  it('values of any shape cross', async () => {
    const plain = fc.anything({ withNullPrototype: false, withBigInt: true, withTypedArray: true, withMap: true });
    await fc.assert(
      fc.asyncProperty(fc.array(plain, { maxLength: 20 }), async (args) => {
        await same('list', ...args);
        await same('later', args);
      }),
      { numRuns: 150 },
    );
  }, 300_000);

  it('plain values come back unchanged', async () => {
    const value = fc.jsonValue({ maxDepth: 5, noUnicodeString: false });
    await fc.assert(
      fc.asyncProperty(value, async (input) => {
        expect(await context.call('echo', input)).toStrictEqual(input);
      }),
      { numRuns: 150 },
    );
  }, 300_000);

  it('a program that replaced the methods of arrays can still be called', async () => {
    const changed = `
      Array.prototype.map = () => [() => 'another'];
      Array.prototype[Symbol.iterator] = undefined;
      Object.keys = () => ['made', 'up'];
      Object.create = undefined;
      export const own = (...args) => args.length;`;
    const replaced = await createContext({ backend: 'kvm', program: js(changed) });
    expect([await replaced.call('own', 1), replaced.callSync('own')]).toEqual([1, 0]);
    await replaced.dispose();
  });

  it('a fresh call finds nothing of an earlier one', async () => {
    expect([await context.call('count'), context.callSync('count')]).toEqual([1, 1]);
    const kept = context.with({ state: 'keep' });
    expect([await kept.call('count'), await kept.call('count')]).toEqual([1, 2]);
    await context.reset();
  });

  it('a call writes few pages', () => {
    context.callSync('echo');
    context.callSync('echo');
    const { dirtyPages } = context.stats();
    expect(dirtyPages).toBeGreaterThan(0);
    expect(dirtyPages).toBeLessThanOrEqual(6);
  });
});

describeKvm('random numbers of calls that skip the runtime', () => {
  const program = js('export const draw = () => Math.random(); export const nothing = () => 0;');
  const policy = { random: true, limits: PATIENT };

  it('two contexts from one kept state draw different numbers', async () => {
    const first = await createContext({ backend: 'kvm', program, policy });
    const kept = first.with({ state: 'keep' });
    await kept.call('draw');
    const snapshot = await first.snapshot();
    const second = await createContext({ snapshot, policy });
    const drawn = [
      await first.call('draw'),
      await kept.call('draw'),
      await second.call('draw'),
      await second.call('draw'),
    ];
    expect(new Set(drawn).size).toBe(drawn.length);
    await first.dispose();
    await second.dispose();
  });

  it('a program that draws during its evaluation has other numbers in its calls', async () => {
    const early = js('const seed = Math.random(); export const draw = () => [seed, Math.random()];');
    const context = await createContext({ backend: 'kvm', program: early, policy });
    const [a, b] = [await context.call('draw'), await context.call('draw')] as [number[], number[]];
    expect(a[0]).toBe(b[0]);
    expect(a[1]).not.toBe(b[1]);
    await context.dispose();
  });
});
