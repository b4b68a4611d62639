/** Options to open a backend: odd values are refused by name, on every backend, even if it does not work here. */
import { backend as kvm } from '@colony/backend-kvm';
import { backend as process } from '@colony/backend-process';
import { backend as wasm } from '@colony/backend-wasm';
import type { BackendModule } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { expectOddRefused, expectRefused, isCountFrom, isFlag, mayBePath } from '../../../scripts/lib/odd-options.mjs';

type Accepts = (value: unknown) => boolean;
const SIZES = { warm: isCountFrom(0), threads: isCountFrom(1), max: isCountFrom(1) };
const isIsolation: Accepts = (value) => value === 'process' || value === 'thread';
const OWN: readonly [BackendModule, Readonly<Record<string, Accepts>>][] = [
  [kvm, SIZES],
  [wasm, { ...SIZES, prebuilt: mayBePath }],
  [process, { ...SIZES, jit: isFlag, isolation: isIsolation }],
];

describe.each(OWN.map(([module, options]) => [module.name, module, options] as const))(
  'options of %s',
  (_, module, options) => {
    it.each(Object.entries(options))('%s', async (key, accepts) => {
      await expectOddRefused(`backendOptions.${key}`, accepts, (value) => module.open({ [key]: value }));
    });

    it('must not have an unknown name; the error suggests the intended one', async () => {
      const message = await expectRefused(() => module.open({ thread: 2 }), 'backendOptions.thread');
      expect(message).toContain('did you mean `threads`?');
    });

    it('must be an object, whose getters may throw', async () => {
      for (const value of [null, 1, 'warm', Symbol('odd'), [], () => {}])
        await expectRefused(() => module.open(value as never), 'backendOptions');
      const fail = () => {
        throw new TypeError('a getter of the test threw');
      };
      const options = Object.defineProperty({}, 'warm', { enumerable: true, get: fail });
      await expectRefused(() => module.open(options), 'backendOptions.warm');
    });
  },
);
