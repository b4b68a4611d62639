/**
 * A virtine in another one's program would run under the other one's policy. It is refused, and the remaining code
 * throws.
 */
import type { ColonyError } from '@colony/core';
import { describe, expect, it } from 'vitest';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { Project, project } from './ts/project.js';

const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;
type Module = Record<string, Virtine<AnyFunction>>;

const DIRECTIVE = `export async function inner(x: number) {\n  'use virtine';\n  return Date.now() + x;\n}\n`;
const WRAP = `${IMPORT}export const inner = virtine((x: number) => Date.now() + x);\n`;
const call = (body: string) => `export async function f(x: number) {\n  'use virtine';\n  return ${body};\n}\n`;

interface Case {
  readonly main: string;
  readonly files?: Readonly<Record<string, string>>;
  /** The chain of the refused virtine. */
  readonly chain: readonly string[];
}

const imported = (from: string) => `import { inner } from '${from}';\n`;
const CASES: Readonly<Record<string, Case>> = {
  'a directive in the same file': { main: `${DIRECTIVE}${call('await inner(x)')}`, chain: ['f', 'inner'] },
  'a wrapped one in the same file': { main: `${WRAP}${call('await inner(x)')}`, chain: ['f', 'inner'] },
  'a wrapped one, on the same thread': { main: `${WRAP}${call('inner.sync(x)')}`, chain: ['f', 'inner'] },
  'a wrapped one, in a batch': { main: `${WRAP}${call('await inner.batch([[x]])')}`, chain: ['f', 'inner'] },
  'one with a name of its own': {
    main: `import * as colony from '@colony/compiler/runtime';\nconst inner = colony.virtine((x: number) => x);\n${call('inner(x)')}`,
    chain: ['f', 'inner'],
  },
  'one that a function calls': {
    main: `${DIRECTIVE}function twice(x: number) {\n  return inner(x).then(inner);\n}\n${call('await twice(x)')}`,
    chain: ['f', 'twice', 'inner'],
  },
  'one in another file': {
    main: `${imported('./lib.js')}${call('await inner(x)')}`,
    files: { 'lib.ts': DIRECTIVE },
    chain: ['f', 'inner'],
  },
  'a wrapped one in another file': {
    main: `${imported('./lib.js')}${call('await inner(x)')}`,
    files: { 'lib.ts': WRAP },
    chain: ['f', 'inner'],
  },
  'one that is exported again': {
    main: `${imported('./again.js')}${call('await inner(x)')}`,
    files: {
      'again.ts': "export { other as inner } from './lib.js';\n",
      'lib.ts': DIRECTIVE.replace('inner', 'other'),
    },
    chain: ['f', 'other'],
  },
  'one in an object': {
    main: `import { all } from './lib.js';\n${call('await all.inner(x)')}`,
    files: { 'lib.ts': `${IMPORT}export const all = { inner: virtine((x: number) => x) };\n` },
    chain: ['f', 'all'],
  },
  'one in a package': {
    main: `import { inner } from './node_modules_of/node_modules/dep/index.js';\n${call('await inner(x)')}`,
    files: { 'node_modules_of/node_modules/dep/index.js': DIRECTIVE.replace('x: number', 'x') },
    chain: ['f', 'inner'],
  },
  'one that is made inside': { main: `${IMPORT}${call('virtine((y: number) => y)(x)')}`, chain: ['f'] },
  'one that a function makes': {
    main: `import { make } from './lib.js';\n${call('make()(x)')}`,
    files: { 'lib.ts': `${IMPORT}export const make = () => virtine((x: number) => x);\n` },
    chain: ['f', 'make'],
  },
  'one with the directive inside': {
    main: call("(async (y: number) => {\n  'use virtine';\n  return y;\n})(x)"),
    chain: ['f'],
  },
};

describe('a virtine that leads to another one is refused', () => {
  it.each(Object.entries(CASES))('%s', async (_name, { main, files, chain }) => {
    const { error, refusals } = await project(main, files).refusals('main.ts');
    const own = refusals.filter(({ virtine }) => virtine === 'f');
    expect(own.map(({ rule }) => rule)).toEqual(['inner-virtine']);
    expect(own[0]!.chain.map(({ name }) => name)).toEqual(chain);
    expect(error.message).toMatch(
      /under its policy and limits \(REF-016\)[\s\S]*what to do: call the virtine in the host/,
    );
  });
});

describe('a virtine', () => {
  const options = `{ backend: 'wasm' }`;

  it('may call itself, in each way', async () => {
    const main = `${IMPORT}export const fib: any = virtine(async (n: number): Promise<number> => {
  if (n < 2) return n;
  if (n === 2) return (await fib.batch([[1], [0]])).length - 1;
  await fib.ready();
  return (await fib.sync(n - 1)) + (await fib(n - 2));
}, ${options});
export async function down(n: number): Promise<number> { 'use virtine'; return n === 0 ? 0 : await down(n - 1); }\n`;
    const made = await project(main).load<Module>('main.ts');
    expect(await made.fib!(10)).toBe(55);
    expect(await made.down!(3)).toBe(0);
    await Promise.all([made.fib!.dispose(), (await import('@colony/compiler/runtime')).disposeVirtines()]);
  });

  it('may be called by a module that imports it back', async () => {
    const main = `import { g } from './lib.js';\nexport async function f(x: number): Promise<number> {\n  'use virtine';\n  return x > 0 ? await g(x) : Date.now() > 1 ? 1 : 0;\n}\n`;
    const lib = `import { f } from './main.js';\nexport const g = async (x: number): Promise<number> => 1 + (await f(x - 1));\n`;
    const made = await new Project({ 'main.ts': main, 'lib.ts': lib }).load<Module>('main.ts', 'lib.ts');
    expect(await made.f!(2)).toBe(3);
    const both = `${main}export async function other(x: number) {\n  'use virtine';\n  return await g(x);\n}\n`;
    const { refusals } = await project(both, { 'lib.ts': lib }).refusals('main.ts');
    expect(refusals.map(({ virtine, rule }) => [virtine, rule])).toEqual([['other', 'inner-virtine']]);
  });

  it('has no grant and no code of another one in a module that it needs', async () => {
    const lib = `${IMPORT}export const double = (x: number) => 2 * x;
export const other = virtine((x: number) => [Date.now(), 'its code', x]);
export async function another() { 'use virtine'; console.log('its code'); }\n`;
    const main = `${IMPORT}import { double } from './lib.js';\nexport const f = virtine((x: number) => double(x), ${options});\n`;
    const made = new Project({ 'main.ts': main, 'lib.ts': lib });
    const { virtines, descriptors } = await made.compile('main.ts');
    expect(virtines[0]!.policy).toEqual({});
    expect(descriptors[0]!.source).not.toContain('its code');
    const { f } = await made.load<Module>('main.ts', 'lib.ts');
    expect(await f!(4)).toBe(8);
    await f!.dispose();
  });

  it('throws if it reaches another one in a way that no analysis sees', async () => {
    const lib = `${IMPORT}export const all: any[] = [];\nall.push(virtine((name: string) => (globalThis as any)[name].now()));\n`;
    const main = `${IMPORT}import { all } from './lib.js';
export const f = virtine(async (name: string, way: string) => Date.now() > 1 && (await (way === 'call' ? all[0](name) : all[0][way](name))), ${options});\n`;
    const { f } = await new Project({ 'main.ts': main, 'lib.ts': lib }).load<Module>('main.ts', 'lib.ts');
    for (const way of ['call', 'sync', 'batch', 'ready']) {
      const error = (await f!('Date', way).catch((reason: unknown) => reason)) as ColonyError;
      expect(error.code, way).toBe('ERR_GUEST_THROWN');
      expect(error.message).toContain('a virtine was called in another one');
    }
    await f!.dispose();
  });
});
