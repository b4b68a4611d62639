/** What a backend is opened with: odd values are refused by name, on every backend, whether it works here or not. */
import { backend as kvm } from '@colony/backend-kvm';
import { backend as process } from '@colony/backend-process';
import { backend as wasm } from '@colony/backend-wasm';
import { type BackendModule, ColonyError } from '@colony/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ODD, oddMaker } from '../../../scripts/lib/odd-values.mjs';

type Accepts = (value: unknown) => boolean;
const count =
  (least: number): Accepts =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= 65_536;
const SIZES = { warm: count(0), threads: count(1), max: count(1) };
const OWN: readonly [BackendModule, Readonly<Record<string, Accepts>>][] = [
  [kvm, SIZES],
  [wasm, { ...SIZES, prebuilt: (value) => typeof value === 'string' && value !== '' }],
  [
    process,
    {
      ...SIZES,
      jit: (value) => typeof value === 'boolean',
      isolation: (value) => value === 'process' || value === 'thread',
    },
  ],
];

async function expectRefused(module: BackendModule, given: unknown, path: RegExp): Promise<void> {
  const error = await module.open(given as never).then(
    () => new Error('it was opened'),
    (error: unknown) => error,
  );
  if (!ColonyError.is(error)) throw error;
  expect(error.code).toBe('ERR_BAD_OPTION');
  expect(String(error.details.path)).toMatch(path);
}

for (const [module, options] of OWN) {
  describe(`options of ${module.name}`, () => {
    it.each(Object.entries(options))('%s', async (key, accepts) => {
      const path = new RegExp(`^backendOptions\\.${key}$`);
      const check = async (value: unknown) => {
        if (value !== undefined && !accepts(value)) await expectRefused(module, { [key]: value }, path);
      };
      for (const make of ODD) await check(make());
      await fc.assert(
        fc.asyncProperty(oddMaker, async (make) => await check(make())),
        { numRuns: 200 },
      );
    });

    it('take no unknown name, and say which was meant', async () => {
      await expectRefused(module, { thread: 2 }, /^backendOptions\.thread$/);
      await expect(module.open({ thread: 2 } as never)).rejects.toThrow('did you mean `threads`?');
    });

    it('are an object', async () => {
      const odd = [null, 1, 'warm', Symbol('odd'), [], () => {}];
      for (const value of odd) await expectRefused(module, value, /^backendOptions$/);
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      await expectRefused(module, proxy, /^backendOptions/);
    });

    it('whose getters throw are refused, too', async () => {
      const given = Object.defineProperty({}, 'warm', {
        enumerable: true,
        get: () => {
          throw new TypeError('a getter of the test threw');
        },
      });
      await expectRefused(module, given, /^backendOptions\.warm$/);
    });
  });
}
