/** Generated TypeScript: a virtine returns the same result as the plain function, on every backend. */
import { deepStrictEqual } from 'node:assert';
import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { readSettings } from '@colony/conformance';
import { ColonyError } from '@colony/core';
import { absent, BACKENDS, present } from '@colony/matrix';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { comparable } from './comparable.js';
import { type Generated, Workplace } from './ts-modules.js';
import { type TsProgram, tsProgram } from './ts-program.js';
import { anyValue } from './ts-values.js';

const settings = readSettings();
/** Fraction of COLONY_RUNS: each run is three virtines on each backend. */
const runs = Math.max(4, Math.round(settings.runs * 0.4));
const workplace = new Workplace();
afterAll(() => workplace.close());

type Ending =
  | { readonly value: unknown }
  | { readonly thrown: unknown }
  | { readonly name: string; readonly message?: string };

/** Messages of the program must arrive; messages of an engine may differ. */
const errorEnding = (name: string, message: string): Ending =>
  message.startsWith('own: ') ? { name, message } : { name };

async function plainEnding(work: () => Promise<unknown>): Promise<Ending> {
  try {
    return { value: comparable(await work()) };
  } catch (error) {
    return error instanceof Error ? errorEnding(error.name, error.message) : { thrown: comparable(error) };
  }
}

async function virtineEnding(work: () => Promise<unknown>): Promise<Ending> {
  try {
    return { value: comparable(await work()) };
  } catch (error) {
    const guest = ColonyError.is(error) && error.code === 'ERR_GUEST_THROWN' ? error.details.guest : undefined;
    if (guest === undefined) throw error;
    return 'value' in guest ? { thrown: comparable(guest.value) } : errorEnding(guest.name, guest.message);
  }
}

type Ways = readonly [way: string, call: (module: Generated) => Promise<unknown>][];

const waysOf = (k: unknown, x: unknown, y: unknown): Ways => [
  ['make(k)(x, y)', (module) => module.make(k)(x, y)],
  ['make(x)(y, k)', (module) => module.make(x)(y, k)],
  ['direct(x, y)', (module) => module.direct(x, y)],
  ['direct(y, k)', (module) => module.direct(y, k)],
  ['batch(k, x)', (module) => module.batch(k, x)],
];

const count = { values: 0, errors: 0 };

/** @throws AssertionError if a virtine returns another result. */
async function check(program: TsProgram, k: unknown, x: unknown, y: unknown): Promise<void> {
  const { plain, isolated } = await workplace.modules(program);
  for (const backend of present) {
    configure({ backend, hypercalls: { note: (...args: unknown[]) => args } });
    try {
      for (const [way, call] of waysOf(k, x, y)) {
        const expected = await plainEnding(() => call(plain));
        deepStrictEqual(await virtineEnding(() => call(isolated)), expected, `${way} on ${backend}`);
        count['value' in expected ? 'values' : 'errors']++;
      }
    } finally {
      await disposeVirtines();
    }
  }
}

describe(`generated TypeScript (seed ${settings.seed})`, () => {
  it(`returns the same on ${present.join(', ')} as without a virtine`, async () => {
    const property = fc.asyncProperty(tsProgram, anyValue, anyValue, anyValue, check);
    const limit = { interruptAfterTimeLimit: 3_000_000, includeErrorInReport: true };
    await fc.assert(property, { seed: settings.seed, numRuns: runs, ...limit });
    expect(count.values).toBeGreaterThan(0);
  }, 3_600_000);

  it('compares thrown values, too', async () => {
    const [made] = fc.sample(tsProgram, { numRuns: 1, seed: 1 });
    const main = `import { virtine } from '@colony/compiler/runtime';
export const make = (k: unknown) => virtine((x: unknown) => { throw x === 2 ? new RangeError('own: two') : x; });
export const direct = make(0), batch = make(0);`;
    const before = count.errors;
    await check({ ...made!, main }, 1, 2, 3);
    expect(count.errors - before).toBe(present.length * waysOf(1, 2, 3).length);
  }, 300_000);

  it('notices a difference', async () => {
    const [made] = fc.sample(tsProgram, { numRuns: 1, seed: 1 });
    // The host has a `process` object, the guest does not.
    const main = `import { virtine } from '@colony/compiler/runtime';
export const make = () => virtine(() => typeof (globalThis as any).process);
export const direct = make, batch = make();`;
    await expect(check({ ...made!, main }, 1, 2, 3)).rejects.toThrow(/make\(k\)\(x, y\) on/);
  }, 300_000);

  for (const backend of BACKENDS)
    if (absent[backend] !== undefined) it(`on ${backend}`, (context) => context.skip(absent[backend]!));
});
