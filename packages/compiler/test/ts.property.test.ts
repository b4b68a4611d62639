/** Random programs over several files give in a virtine what they give without one. */
import { doctor } from '@colony/core';
import { transform } from 'esbuild';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { Project } from './ts/project.js';

const works = (await doctor(['wasm', 'kvm'])).filter((report) => report.works).map(({ backend }) => backend);

/** Expressions over `x`, `y`, constants, a captured value `k`, a table and functions of two files. */
const expression = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('x', 'y', 'k', 'LIMIT', 'TABLE[1]', '-0', '0.1', '3', "'text'", 'undefined', '10n', '[x, y]'),
    fc
      .tuple(tie('node'), fc.constantFrom('+', '-', '*', '%', '<', '===', '??'), tie('node'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('node'), tie('node'), tie('node')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    tie('node').map((a) => `near(${a})`),
    tie('node').map((a) => `far(${a}, k)`),
    tie('node').map((a) => `new Pair(${a}, y).swap()`),
    tie('node').map((a) => `[${a}].map((v) => [v, x]).flat()`),
    tie('node').map((a) => `((x) => { let s = ''; for (const c of String(x)) s = c + s; return s; })(${a})`),
  ),
})).node;

const LIB = `import { deep } from './deep.js';
const seen = [3, 1, 2].sort();
export const far = (a: any, b: any): any => deep(a, seen.length, b);
`;
const DEEP = `export function deep(a: any, n: number, b: any): any { return n <= 0 ? [a, b] : deep(b, n - 1, a); }\n`;

const main = (
  body: string,
  marked: boolean,
) => `${marked ? `import { virtine } from '@colony/compiler/runtime';` : 'const virtine = (f: any) => async (...a: any[]) => f(...a);'}
import { far } from './lib.js';
const LIMIT = 7;
const TABLE = Object.fromEntries([[1, 'one'], [2, { two: 2 }]]) as any;
TABLE[3] = LIMIT * 2;
class Pair { constructor(public a: any, public b: any) {} swap(): any { return { a: this.b, b: this.a }; } }
function near(v: any): any { return typeof v === 'number' ? v / LIMIT : v; }
export const make = (k: any): any => virtine((x: any, y: any) => ${body});
`;

type Made = { make(k: unknown): Virtine<AnyFunction> };
const outcome = async (call: () => Promise<unknown>) => {
  try {
    return { value: await call() };
  } catch (error) {
    const { guest } = (error as { details?: { guest?: { name: string } } }).details ?? {};
    return { error: guest?.name ?? (error as Error).name };
  }
};

describe.each(works)('on %s', (backend) => {
  it('a virtine gives what the plain function gives', async () => {
    const runtime = await import('@colony/compiler/runtime');
    const made = new Project({ 'lib.ts': LIB, 'deep.ts': DEEP });
    const data = fc.oneof(
      fc.integer({ min: -9, max: 9 }),
      fc.double({ noNaN: false }),
      fc.string({ maxLength: 4 }),
      fc.constant(undefined),
    );
    let count = 0;
    const check = async (body: string, x: unknown, y: unknown, k: unknown) => {
      count += 1;
      made.write(`plain${count}.ts`, main(body, false));
      made.write(`main${count}.ts`, main(body, true));
      const files = ['lib.ts', 'deep.ts'];
      const plain = await made.load<Made>(`plain${count}.ts`, ...files);
      const isolated = await made.load<Made>(`main${count}.ts`, ...files);
      runtime.configure({ backend });
      const expected = await outcome(() => plain.make(k)(x, y));
      const actual = await outcome(() => isolated.make(k)(x, y));
      await runtime.disposeVirtines();
      expect(actual).toEqual(expected);
    };
    await fc.assert(fc.asyncProperty(expression, data, data, data, check), { numRuns: 40 });
    expect(count).toBeGreaterThanOrEqual(40);
    expect((await transform(main('x', true), { loader: 'ts' })).code).toContain('virtine');
  }, 120_000);
});
