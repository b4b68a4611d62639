import { type ColonyError, doctor } from '@colony/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AnyFunction, configure, disposeVirtines, host, type Virtine, virtine } from '../src/runtime/index.js';
import { Project, project } from './ts/project.js';

const IMPORT = `import { virtine, host } from '@colony/compiler/runtime';\n`;
type Module = Record<string, Virtine<AnyFunction>>;
/** The runtime that compiled files import. */
type Runtime = typeof import('@colony/compiler/runtime');
const works = (await doctor(['wasm', 'kvm'])).filter((report) => report.works).map(({ backend }) => backend);

const MAIN = `${IMPORT}
import { boom, double } from './lib.js';
const RATES: Record<string, number> = { eur: 2, usd: 3 };
const table = new Map<string, number>();
for (const [name, rate] of Object.entries(RATES)) table.set(name, rate);
export const started = process.pid;
enum Kind { A = 4, B }
class Box { constructor(readonly value: number) {} twice() { return double(this.value); } }

export async function price(item: string, { amount = 2 }: { amount?: number } = {}) {
  'use virtine';
  return { total: double(table.get(item)! * amount), started };
}
export const kinds = virtine(() => [Kind.B, new Box(21).twice(), Math.max(...RATES_OF())]);
function RATES_OF() { return Object.values(RATES); }
export const fib: (n: number) => Promise<number> = virtine(async (n: number): Promise<number> => (n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2))));
export const fails = virtine(function check(x: number) {
  if (x > 5) boom(x);
  return x;
});
export function scaler(k: number, label: string) {
  const offset = 10;
  let sign = 1;
  function helper(x: number) { return x * k * sign + offset; }
  return virtine((x: number) => \`\${label} \${helper(x)}\`);
}
export function local(list: unknown[]) {
  return virtine(async () => list.length);
}
export const total = virtine((...all: number[]) => all.reduce((a, b) => a + b, 0));
export const named = virtine(double);
export const counter = virtine(() => { table.set('x', (table.get('x') ?? 0) + 1); return table.get('x'); });
export default async function () {
  'use virtine';
  return 'default';
}
`;
const LIB = `export const double = (x: number): number => x * 2;
export function boom(x: number): never {
  const text = 'too big: ' + x;
  throw new RangeError(text);
}
`;

describe.each(works)('on %s', (backend) => {
  let main: Module;
  let runtime: Runtime;

  beforeAll(async () => {
    runtime = await import('@colony/compiler/runtime');
    runtime.configure({ backend });
    main = await new Project({ 'main.ts': MAIN, 'lib.ts': LIB }).load<Module>('main.ts', 'lib.ts');
  });
  afterAll(async () => await runtime.disposeVirtines());

  it('runs a directive with constants, a filled table, a value of the host and defaults', async () => {
    expect(await main.price!('eur', { amount: 4 })).toEqual({ total: 16, started: process.pid });
    expect(await main.price!('usd')).toEqual({ total: 12, started: process.pid });
    expect(await main['default']!()).toBe('default');
  });

  it('takes classes, enums, functions declared later, recursion and imports along', async () => {
    expect(await main.kinds!()).toEqual([5, 42, 3]);
    expect(await main.fib!(10)).toBe(55);
    expect(await main.named!(4)).toBe(8);
    expect(await main.total!(1, 2, 3)).toBe(6);
  });

  it('passes values of functions around it with each call', async () => {
    const scaler = main.scaler as unknown as (k: number, label: string) => Virtine<(x: number) => string>;
    expect(await scaler(3, 'a')(5)).toBe('a 25');
    expect(await scaler(4, 'b')(5)).toBe('b 30');
  });

  it('names a captured value that cannot cross', async () => {
    const local = main.local as unknown as (list: unknown[]) => Virtine<() => number>;
    expect(await local([1, 2])()).toBe(2);
    const error = (await local([1, () => 2])().catch((reason: unknown) => reason)) as ColonyError;
    expect(error.code).toBe('ERR_NOT_SERIALIZABLE');
    expect(error.message).toMatch(/list\[1\].*captured by the virtine `local`, main\.ts:29:18/s);
  });

  it('has the original files and lines in errors', async () => {
    const error = (await main.fails!(9).catch((reason: unknown) => reason)) as ColonyError;
    expect(error.code).toBe('ERR_GUEST_THROWN');
    expect(error.details.guest?.stack).toMatch(/at boom \(lib\.ts:4:\d+\)\n\s*at (check|fails) \(main\.ts:19:\d+\)/);
    expect(error.stack).toMatch(/at boom \(lib\.ts:4:\d+\)/);
  });

  it('starts each call afresh', async () => {
    expect([await main.counter!(), await main.counter!()]).toEqual([1, 1]);
  });

  it('calls on the same thread and in batches', async () => {
    await main.total!.dispose();
    expect(() => main.total!.sync(1)).toThrow(/ready\(\)/);
    await main.total!.ready();
    expect(main.total!.sync(1, 2)).toBe(3);
    expect(await main.total!.batch([[1], [2, 3]])).toEqual([1, 5]);
  });

  it('makes a new context after it was disposed of', async () => {
    await runtime.disposeVirtines();
    expect(await main.named!(5)).toBe(10);
  });

  it('takes limits from its options and from the project, and names their source in an error', async () => {
    const clocks = (options: string) =>
      `virtine((n: number) => { for (let i = 0; i < n; i++) Date.now(); return n; }${options})`;
    const text = `${IMPORT}export const clocks = ${clocks('')};\nexport const more = ${clocks(', { limits: { hypercalls: 20_000 } }')};\n`;
    const patient = { wallTime: '300 s', cpuTime: '300 s' };
    const made = await new Project({ 'main.ts': text }, { limits: patient }).load<Module>('main.ts');
    await expect(made.clocks!(10_001)).rejects.toMatchObject({
      code: 'ERR_LIMIT_HYPERCALLS',
      message: expect.stringMatching(/virtine `clocks`, .*limits\.hypercalls is set where it is built/),
    });
    expect(await made.more!(10_001)).toBe(10_001);
  });

  it('is narrowed by configure, and never widened', async () => {
    const text = `${IMPORT}export const ask = virtine((n: number) => { for (let i = 0; i < n; i++) Date.now(); return n; }, { limits: { hypercalls: 8 } });\n`;
    const made = await project(text).load<Module>('main.ts');
    const calls = async (n: number, options: object) => {
      await made.ask!.dispose();
      runtime.configure({ backend, ...options });
      return await made.ask!(n).catch((error: ColonyError) => [error.code, error.details.path ?? error.message]);
    };
    expect(await calls(8, {})).toBe(8);
    expect(await calls(4, { limits: { hypercalls: 4 } })).toBe(4);
    expect(await calls(5, { limits: { hypercalls: 4 } })).toEqual(['ERR_LIMIT_HYPERCALLS', expect.anything()]);
    const raised = ['ERR_POLICY_DENIED', 'configure.limits.hypercalls'];
    expect(await calls(1, { limits: { hypercalls: 9 } })).toEqual(raised);
    expect(await calls(1, { limits: { memory: '64 MiB' } })).toEqual(['ERR_POLICY_DENIED', 'configure.limits.memory']);
    const denied = ['ERR_POLICY_DENIED', expect.stringMatching(/clock/)];
    expect(await calls(1, { policy: { random: true } })).toEqual(denied);
    expect(await calls(0, { policy: { random: true } })).toBe(0);
    expect(await calls(8, { policy: { clock: true, console: true, limits: { hypercalls: 99 } } })).toBe(8);
    expect(await calls(9, { policy: { clock: true, limits: { hypercalls: 99 } } })).toEqual([
      'ERR_LIMIT_HYPERCALLS',
      expect.anything(),
    ]);
    await made.ask!.dispose();
    runtime.configure({ backend });
  });

  it('asks the host by hypercalls, within its options and its policy', async () => {
    const text = `${IMPORT}
declare module '@colony/compiler/runtime' { interface Hosts { lookup(table: string, key: string): number; save(x: number): void } }
const real = { apple: 3 } as Record<string, number>;
export const price = virtine((item: string) => host.lookup('prices', item) * 2, { hypercalls: { lookup: (table: string, key: string) => (table === 'prices' ? real[key]! : -1) } });
export const sneaky = virtine((name: string) => (globalThis as any)[[...'tsoh'].reverse().join('')].save(name));
`;
    const made = await project(text).load<Module>('main.ts');
    expect(await made.price!('apple')).toBe(6);
    runtime.configure({ backend, hypercalls: { save: () => 'saved' } });
    // Uses that analysis cannot see are not granted.
    await expect(made.sneaky!('x')).rejects.toMatchObject({ code: 'ERR_POLICY_DENIED' });
    runtime.configure({ backend });
  });
});

it('reports that a file was not compiled', () => {
  expect(() => virtine((x: number) => x)).toThrow(/was not compiled.*ts\.run\.test\.ts.*colony build/);
  expect(() => (host as Record<string, unknown>)['x']).toThrow(/only there inside a virtine/);
  expect(typeof configure).toBe('function');
  expect(typeof disposeVirtines).toBe('function');
});
