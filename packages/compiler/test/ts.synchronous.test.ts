// The runtime that compiled modules import.
import { configure, disposeVirtines } from '@colony/compiler/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VirtineDescriptor } from '../src/runtime/index.js';
import { project } from './ts/project.js';

/** Returns the program of the only virtine. */
async function programOf(source: string): Promise<string> {
  const { code } = await project(source).compile('main.ts');
  const literal = /value \?\?= (\{.*\}); \}/.exec(code)?.[1];
  return (new Function(`return ${literal}`)() as VirtineDescriptor).source;
}
const directive = (body: string, more = '') =>
  `${more}\nexport async function f(x: any): Promise<any> { 'use virtine'; ${body} }`;
const wrapped = (fn: string, more = '') =>
  `import { virtine } from '@colony/compiler/runtime';\n${more}\nexport const f: any = virtine(${fn});`;

describe('an async virtine that awaits nothing', () => {
  it.each([
    ['that computes', directive('return x + 1;')],
    ['that gives another promise on', directive('return g(x);', 'async function g(x: any) { return await x; }')],
    ['around an async function', directive('return [1].map(async (y) => await y);')],
    ['as an arrow', wrapped('async (x: number) => x * 2')],
    ['as an arrow without parentheses', wrapped('async x => x * 2')],
    ['with a captured value', wrapped('async (x: number) => x * n', 'const n = Date.now();')],
  ])('%s is a plain function in its program', async (_, source) => {
    const program = await programOf(source);
    expect(program).toContain('__colony_call');
    expect(program).not.toMatch(/__colony_call = async|__colony_call = \(?async|return async|return \(async/);
  });

  it.each([
    ['that awaits', directive('return await x;')],
    ['that awaits in a loop', directive('for await (const y of x) return y;')],
    ['that awaits in a computed key', directive('return class { static [await x]() {} }.name;')],
    ['that calls itself', directive('return x ? f(0) : 1;')],
    ['that a function of its program calls', directive('return x ? g(0) : 1;', 'function g(x: any) { return f(x); }')],
    [
      'that calls itself by its own name',
      wrapped('async function g(x: any): Promise<any> { return x ? g(0).then(() => 1) : 1; }'),
    ],
  ])('%s stays async', async (_, source) => {
    expect(await programOf(source)).toMatch(/async (function )?[\w(]/);
  });
});

/**
 * Bodies that await nothing, with parameters `(x, host)`. The test compares results, errors, and the order of requests
 * to the host.
 */
const BODIES = [
  "Promise.resolve().then(() => host.note('job')); host.note('body'); throw new RangeError('own');",
  "Promise.resolve().then(() => host.note('job')); host.note('body'); return x;",
  'return { then: (done) => done({ then: (again) => again(x) }) };',
  "return { then(done) { host.note('then'); done(1); done(2); throw 3; } };",
  "let asked = 0; return { get then() { host.note('get'); asked++; return (done) => done(asked); } };",
  "return { get then() { Promise.resolve().then(() => host.note('job')); throw new RangeError('own'); } };",
  'return Object.assign(() => 1, { then: (done) => done(x) });',
  "return Object.assign(Promise.resolve(1), { then: (done) => done('own') });",
  "Promise.resolve().then(() => host.note('job')); return { then(done) { host.note('then'); done(x); } };",
  "return (async () => { await null; host.note('late'); throw { thrown: x }; })();",
  'try { return Promise.reject(new RangeError(`own`)); } catch { return 2; } finally { host.note(`finally`); }',
  'return Promise.all([x, Promise.resolve(x)]);',
];

describe('a virtine that is async in name only returns, throws and asks the same as an async one', () => {
  const told: unknown[] = [];
  const note = (text: unknown) => void told.push(text);
  beforeAll(() => configure({ backend: 'wasm', hypercalls: { note } }));
  afterAll(() => disposeVirtines());

  async function endingOf(work: () => unknown): Promise<unknown> {
    told.length = 0;
    const done = (value: unknown) => ({ value, told: [...told] });
    const failed = (error: {
      name: string;
      value?: unknown;
      details?: { guest?: { name: string; value?: unknown } };
    }) => {
      const { name, value } = error.details?.guest ?? error;
      return value === undefined && 'thrown' in error ? { thrown: error } : done(value ?? name);
    };
    return await (async () => await work())().then(done, failed);
  }

  it.each(BODIES)('%s', async (body) => {
    const source = `import { host } from '@colony/compiler/runtime';\n${directive(body).replaceAll('host.', '(host as any).')}`;
    const { f } = await project(source).load<{ f: (x: unknown) => Promise<unknown> }>('main.ts');
    const plain = new Function('host', `return async (x) => { ${body} };`)({ note }) as typeof f;
    const expected = await endingOf(() => plain(7));
    const ending = await endingOf(() => f(7));
    if ('thrown' in (expected as object)) expect(ending).toMatchObject({ value: { thrown: 7 } });
    else expect(ending).toEqual(expected);
  });

  it('if another module uses its promise', async () => {
    const main = `import { g } from './helper.js';
export async function f(x: number): Promise<number> { 'use virtine'; return x > 0 ? g(0) : 1; }`;
    const helper = `import { f } from './main.js';
export const g = (x: number): Promise<number> => f(x).then((y) => y + 1);`;
    const { f } = await project(main, { 'helper.ts': helper }).load<{ f: (x: number) => Promise<number> }>(
      'main.ts',
      'helper.ts',
    );
    expect(await f(1)).toBe(2);
  });
});
