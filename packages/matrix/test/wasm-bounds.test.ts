/**
 * A Wasm program that leaves its memory, anywhere in the 8 GiB that it can address, ends with the same code on every
 * backend.
 */
import { assemble, fails } from '@colony/conformance';
import { createContext, type Program, wasm } from '@colony/core';
import { BACKENDS } from '@colony/matrix';
import { beforeAll, expect, it } from 'vitest';
import { describeOn } from './lib.js';

const MODULE = `(module (memory 1 2)
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32) (i64.store (local.get 0) (i64.const 1)))
  (func (export "far") (param i32) (result i32) (i32.load offset=4294967290 (local.get 0))))`;
/** After the memory, in its middle, across the end of 32 bits, and far beyond. */
const ATTEMPTS: readonly (readonly [string, number])[] = [
  ...[65_533, 65_536, 131_072, 1e8, 2 ** 31 - 1, -9, -4, -1].map((at) => ['load', at] as const),
  ...[65_529, -8, -1].map((at) => ['store', at] as const),
  ...[0, 10, -1].map((at) => ['far', at] as const),
];

let program: Program;
beforeAll(async () => {
  program = wasm(await assemble(MODULE));
});

for (const backend of BACKENDS)
  describeOn(backend, 'outside of its memory', () => {
    it('a Wasm program traps', { timeout: 300_000 }, async () => {
      const limits = { wallTime: '2 min', cpuTime: '2 min' };
      const context = await createContext({ backend, program, policy: { limits } });
      for (const [name, at] of ATTEMPTS) await fails('ERR_GUEST_TRAP', () => context.call(name, at), `${name} ${at}`);
      if (context.capabilities.callSync) await fails('ERR_GUEST_TRAP', () => context.callSync('load', -1));
      expect(await context.call('load', 65_532)).toBe(0);
      await context.dispose();
    });
  });
