/**
 * A call with plain values skips the runtime's JavaScript in KVM virtines. The result, error and state must equal those
 * of the other ways: the only row of a batch, and the wasm backend, which has the same engine.
 */
import { deepStrictEqual } from 'node:assert';
import { readSettings } from '@colony/conformance';
import { ColonyError, type Context, createContext, js } from '@colony/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeOn } from '../lib.js';
import { comparable } from './comparable.js';
import { anyValue } from './ts-values.js';
import { body, programOf } from './ways-program.js';

const settings = readSettings();
/** Fraction of COLONY_RUNS: each run is a program with many functions. */
const runs = Math.max(4, Math.round(settings.runs * 0.2));
/** Functions of one program: each is called twelve times. */
const FUNCTIONS = 16;
const TOLD: unknown[] = [];
const hypercalls = {
  note: (...args: unknown[]) => void TOLD.push(comparable(args)),
  fail: (message: string) => {
    throw new Error(message);
  },
};
const policy = { hypercalls: { note: {}, fail: {} }, random: true };

interface Ending {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly guest?: unknown;
  readonly told: readonly unknown[];
}

/** Stacks are left out: each way has its own frames, and batches name rows. */
async function endingOf(work: () => Promise<unknown>): Promise<Ending> {
  TOLD.length = 0;
  try {
    return { value: comparable(await work()), told: [...TOLD] };
  } catch (error) {
    if (!ColonyError.is(error)) throw error;
    const { stack: _stack, ...guest } = { ...error.details.guest };
    const message = error.message.replace(/^row \d+: /, '');
    return { code: error.code, message, guest: comparable(guest), told: [...TOLD] };
  }
}

type Way = (context: Context, name: string, args: readonly unknown[], keep: boolean) => Promise<unknown>;
const callerOf = (context: Context, keep: boolean) => (keep ? context.with({ state: 'keep' }) : context);
const alone: Way = (context, name, args, keep) => callerOf(context, keep).call(name, ...args);
const inBatch: Way = async (context, name, args, keep) =>
  (await callerOf(context, keep).callBatch(name, [[...args]]))[0];

/** Endings of a fresh call, then of two in a row that keep their state, and that state. */
async function endingsOf(way: Way, context: Context, name: string, args: readonly unknown[]): Promise<Ending[]> {
  const endings = [await endingOf(() => way(context, name, args, false))];
  for (const next of [name, name, 'state'])
    endings.push(await endingOf(() => way(context, next, next === 'state' ? [] : args, true)));
  await context.reset();
  return endings;
}

const count = { values: 0, errors: 0 };

async function check(bodies: readonly string[], args: readonly unknown[]): Promise<void> {
  const program = js(programOf(bodies), { filename: 'ways.js' });
  const [kvm, wasm] = await Promise.all(
    ['kvm', 'wasm'].map((backend) => createContext({ backend, program, policy, hypercalls })),
  );
  try {
    for (const [i, text] of bodies.entries()) {
      const direct = await endingsOf(alone, kvm!, `f${i}`, args);
      deepStrictEqual(direct, await endingsOf(inBatch, kvm!, `f${i}`, args), `in a batch: ${text}`);
      deepStrictEqual(direct, await endingsOf(alone, wasm!, `f${i}`, args), `in wasm: ${text}`);
      for (const ending of direct) count['code' in ending ? 'errors' : 'values']++;
    }
  } finally {
    await Promise.all([kvm!.dispose(), wasm!.dispose()]);
  }
}

describeOn('kvm', `a call's two ways (seed ${settings.seed})`, () => {
  it('ends the same for any program', async () => {
    const bodies = fc.array(body, { minLength: FUNCTIONS, maxLength: FUNCTIONS });
    const property = fc.asyncProperty(bodies, fc.array(anyValue, { maxLength: 3 }), check);
    await fc.assert(property, { seed: settings.seed, numRuns: runs, includeErrorInReport: true });
    expect(count.values).toBeGreaterThan(0);
    expect(count.errors).toBeGreaterThan(0);
  }, 600_000);

  it('notices a difference', async () => {
    // Only the direct way leaves the runtime's functions unused.
    const told = 'Object.prototype.told = 0; return new Error().stack.split("\\n").length;';
    const [context] = [await createContext({ backend: 'kvm', program: js(programOf([told])), policy, hypercalls })];
    expect(await alone(context, 'f0', [], false)).not.toEqual(await inBatch(context, 'f0', [], false));
    await context.dispose();
  });
});
