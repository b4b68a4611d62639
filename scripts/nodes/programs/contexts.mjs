// Runs under any runtime, with a backend's name as argument: checks that a context works everywhere. Prints `ok` last.
import assert from 'node:assert/strict';
import { createContext, js, native, wasm } from '@colony/core';
import * as abi from '@colony/guest/abi';

const [, , backend = 'wasm'] = process.argv;
const hash = new URL('./hash.c', import.meta.url).pathname;
const PRICES = new Map([
  ['apple', 3],
  ['pear', 4],
]);
// Generous: the check is that limits end a call, not the machine's speed.
const limits = { wallTime: '5 s', cpuTime: '5 s' };

async function javascript() {
  const context = await createContext({
    backend,
    program: js`
      let calls = 0;
      export async function price(item, amount) {
        calls += 1;
        return { total: (await host.lookup(item)) * amount, calls };
      }
      export const denied = () => host.secret();
      export const loop = () => { for (;;); };`,
    hypercalls: { lookup: async (item) => PRICES.get(item) ?? 0, secret: () => 'secret' },
    policy: { hypercalls: { lookup: { maxCalls: 10 } }, limits },
  });
  assert.equal(context.backend, backend);
  assert.deepEqual(await context.call('price', 'apple', 5), { total: 15, calls: 1 });
  // The first call left no trace.
  assert.deepEqual(await context.call('price', 'pear', 2), { total: 8, calls: 1 });
  await assert.rejects(context.call('denied'), { code: 'ERR_POLICY_DENIED' });
  await assert.rejects(context.with({ limits: { wallTime: '300 ms' } }).call('loop'), {
    code: /^ERR_LIMIT_(WALL|CPU)_TIME$/,
  });
  // The stopped call did not harm the context.
  assert.deepEqual(await context.call('price', 'apple', 1), { total: 3, calls: 1 });
  await context.dispose();
  await assert.rejects(context.call('price', 'apple', 1), { code: 'ERR_DISPOSED' });
}

async function c() {
  const context = await createContext({ backend, program: native.c(hash), policy: { limits } });
  assert.equal(await context.call('fnv1a', new TextEncoder().encode('colony')), 4145191839);
  await context.dispose();
}

/**
 * (module (memory 1 1) (table 2 funcref) (type $v (func)) (func $f (type $v)) (elem (i32.const 0) $f)
 *   (type $i (func (param i32) (result i32)))
 *   (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
 *   (func (export "unreachable") unreachable)
 *   (func (export "divide") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
 *   (func (export "truncate") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
 *   (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
 *   (func (export "indirect") (param i32) (result i32) (call_indirect (type $i) (i32.const 1) (local.get 0))))
 */
const MODULE =
  'AGFzbQEAAAABFARgAABgAX8Bf2ACf38Bf2ABfAF/AwgHAAIAAgMBAQQEAXAAAgUEAQEBAQc7BgNhZGQAAQt1bnJlYWNoYWJsZQACBmRpdmlkZQADCHRydW5jYXRlAAQEbG9hZAAFCGluZGlyZWN0AAYJBwEAQQALAQAKMAcCAAsHACAAIAFqCwMAAAsHACAAIAFtCwUAIACqCwcAIAAoAgALCQBBASAAEQEACw==';

/**
 * Engines name traps differently; Colony reports one number for each.
 * @type {readonly (readonly [string, number[], number])[]}
 */
const TRAPS = [
  ['unreachable', [], abi.TRAP_UNREACHABLE],
  ['divide', [1, 0], abi.TRAP_DIVIDE],
  ['divide', [-(2 ** 31), -1], abi.TRAP_OVERFLOW],
  ['truncate', [Number.NaN], abi.TRAP_CONVERSION],
  ['load', [70_000], abi.TRAP_BOUNDS],
  ['indirect', [0], abi.TRAP_INDIRECT_CALL],
  ['indirect', [1], abi.TRAP_INDIRECT_CALL],
  ['indirect', [7], abi.TRAP_INDIRECT_CALL],
];

async function webAssembly() {
  const context = await createContext({ backend, program: wasm(Buffer.from(MODULE, 'base64')), policy: { limits } });
  for (const [name, args, trap] of TRAPS) {
    const error = await context.call(name, ...args).catch((thrown) => thrown);
    assert.deepEqual([name, args, error.code, error.details?.trap], [name, args, 'ERR_GUEST_TRAP', trap]);
  }
  assert.equal(await context.call('add', 2, 3), 5);
  await context.dispose();
}

await javascript();
await c();
await webAssembly();
console.log('ok');
