/** No part of the cut escapes the analysis, whatever else a package ships, and whatever names it uses. */
import { doctor } from '@colony/core';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { HELPER_TEXTS, helpersIn } from '../src/ts/facts/helpers.js';
import { parse } from '../src/ts/syntax/parse.js';
import { Project, project } from './ts/project.js';

const works = (await doctor(['wasm', 'kvm', 'process'])).filter((report) => report.works).map(({ backend }) => backend);

type Module = Record<string, Virtine<AnyFunction>>;
const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;
const MAIN = `${IMPORT}import { run } from 'dep';\nexport const f = virtine((x: any) => run(x));\n`;

const esm = (text: string) => ({
  'dep/package.json': '{ "name": "dep", "type": "module", "main": "index.js" }',
  'dep/index.js': text,
});
const dependent = (files: Record<string, string>) =>
  new Project({
    'main.ts': MAIN,
    ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`node_modules/${name}`, text])),
  });
const reportOf = async (files: Record<string, string>) => (await dependent(files).compile('main.ts')).virtines[0]!;
const subjectsOf = async (made: Project) =>
  (await made.refusals('main.ts')).refusals.map(({ rule, subject }) => `${rule} ${subject}`);

describe('a package that ships its source map', () => {
  /** Maps the lines from the fourth on to their source, and not the lines before. */
  const map = (source: string) => {
    const text = JSON.stringify({ version: 3, sources: [source], names: [], mappings: ';;;AAAA;AACA' });
    return `//# sourceMappingURL=data:application/json;base64,${Buffer.from(text).toString('base64')}\n`;
  };
  const cjs = (body: string, source: string) => ({
    'dep/package.json': '{ "name": "dep", "main": "index.js" }',
    'dep/index.js': `"use strict";\nObject.defineProperty(exports, "__esModule", { value: true });\nexports.run = run;\nfunction run(x) { ${body} }\n${map(source)}`,
  });

  it('is analysed as one without a source map', async () => {
    const report = await reportOf(cjs('console.log(x); return Date.now();', '../src/dep.ts'));
    expect(report.policy).toEqual({ console: true, clock: true });
    expect(report.inside.map(({ name }) => name).join()).toMatch(/\brun/);
    expect(await subjectsOf(dependent(cjs('return new Function(x)();', '../src/dep.ts')))).toEqual([
      'dynamic-code eval',
    ]);
  });

  it('does not decide whose code it is', async () => {
    for (const source of ['../../../main.ts', '../other/index.js']) {
      const report = await reportOf(cjs('return Date.now();', source));
      const { file, name } = report.grants[0]!.chain.at(-1)!;
      expect([file, name]).toEqual(['node_modules/dep/index.js', 'Date.now']);
      const [run] = report.inside.filter((part) => part.name.startsWith('run'));
      expect(run).toMatchObject({ file: 'node_modules/dep/index.js', package: 'dep' });
    }
  });
});

describe("the bundler's helpers", () => {
  it('are recognized by their own text', async () => {
    const named = `var __commonJS = (modules) => Object.values(modules)[0]();\nvar made = __commonJS({ "x"() { console.log('x'); return 1; } });\nexport const run = (x) => x;\n`;
    expect((await reportOf(esm(named))).policy).toEqual({ console: true });
    const listed = `var __getOwnPropNames = (of) => { Date.now(); return Object.keys(of); };
var __commonJS = (cb, mod) => function() {
  try {
    return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
  } catch (e) {
    throw mod = 0, e;
  }
};
var require_x = __commonJS({ "x"() { console.log('x'); } });\nexport const run = (x) => x;\nrequire_x();\n`;
    expect((await reportOf(esm(listed))).policy).toEqual({ console: true, clock: true });
    const hidden = `export const run = (x) => __log(x);\nfunction __log(x) { console.log(x); return x; }\n`;
    expect((await reportOf(esm(hidden))).inside.map(({ name }) => name)).toContain('__log');
  });

  /** Names that the helpers use themselves are taken, so the bundler adds numbers to them. */
  const TAKEN = 'a b x e cb mod fn res err __getOwnPropNames'.split(' ');

  it.each([
    ['none', 'export let other = 1;'],
    ['all', TAKEN.map((name) => `export let ${name} = globalThis.${name};`).join('\n')],
  ])('are written as this version of esbuild writes them, and %s of their names numbered', async (_, text) => {
    const contents = `import './a.cjs'; import('./b.js'); export const r = require('elsewhere');`;
    const files: Record<string, string> = { './a.cjs': 'exports.a = 1;', './b.js': text };
    const { outputFiles } = await build({
      stdin: { contents },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2023',
      minifySyntax: true,
      external: ['elsewhere'],
      plugins: [
        {
          name: 'files',
          setup(made) {
            made.onResolve({ filter: /^\./ }, ({ path }) => ({ path, namespace: 'files' }));
            made.onLoad({ filter: /./, namespace: 'files' }, ({ path }) => ({ contents: files[path]! }));
          },
        },
      ],
    });
    const helpers = [...helpersIn(parse('program.js', outputFiles[0]!.text))].map(([, { helper }]) => helper);
    expect(helpers.sort()).toEqual(['module', 'module', 'require']);
  });

  it('do not count as helpers if a name in them means something else', () => {
    const helper = [...HELPER_TEXTS.keys()][0]!;
    const lister = 'var __getOwnPropNames = Object.getOwnPropertyNames;\n';
    const count = (text: string, before = lister) => helpersIn(parse('program.js', `${before}var m = ${text};\n`)).size;
    expect(count(helper)).toBe(1);
    expect(count(helper.replaceAll('mod', 'mod2').replaceAll('cb', 'cb7'))).toBe(1);
    expect(count(helper.replace('return mod ', 'return mod2 '))).toBe(0);
    expect(count(helper.replaceAll('mod', 'mod2').replaceAll('cb', 'mod2'))).toBe(0);
    expect(count(helper, 'var __getOwnPropNames = (of) => Object.keys(of);\n')).toBe(0);
    expect(count(helper.replace('exports: {}', 'exports2: {}'))).toBe(0);
  });
});

describe('a name that is declared twice', () => {
  it('is analysed each time', async () => {
    const cjs = {
      'dep/package.json': '{ "name": "dep", "main": "index.js" }',
      'dep/index.js': `var run = function (x) { return Date.now(); };\nvar run = function (x) { console.log(x); };\nvar run;\nexports.run = run;\n`,
    };
    expect((await reportOf(cjs)).policy).toEqual({ console: true, clock: true });
  });
});

describe('classes whose definitions run code', () => {
  const RUN = 'export const run = (x) => x;\n';
  it.each([
    ['a static block', `class A { static { console.log('x'); } }\n`],
    ['a static field', `class A { static field = console.log('x'); }\n`],
    ['what it extends', `const mix = (B) => { console.log('x'); return B; };\nclass A extends mix(Object) {}\n`],
    ['a computed name', `class A { [console.log('x')]() {} }\n`],
    ['a class without a name', `const A = class { static { console.log('x'); } };\n`],
  ])('have their grants: %s', async (_, text) => {
    const report = await reportOf(esm(text + RUN));
    expect(report.policy).toEqual({ console: true });
    expect(report.initialisation.join()).toContain('node_modules/dep/index.js');
  });

  it('are refused for members that no guest has', async () => {
    expect(await subjectsOf(dependent(esm(`class A { static { process.pid; } }\n${RUN}`)))).toEqual([
      'host-global process',
    ]);
  });

  it('have no grants for the code of their methods', async () => {
    const text = `class A { static n = 1; m() { console.log('x'); } }\nexport const run = (x) => x + A.n;\nclass B { m() { Date.now(); } }\nexport const b = B;\n`;
    expect((await reportOf(esm(text))).policy).toEqual({ console: true });
  });
});

describe('code that is made at run time', () => {
  const virtineOf = (body: string, options = '') =>
    project(`${IMPORT}export const f = virtine((x: any) => {\n  ${body}\n}${options});\n`);

  it.each([
    `return Function.apply(null, ['return 1'])()`,
    `return Function.call(null, 'return 1')()`,
    `return Function.bind(null, 'return 1')()()`,
    `return Reflect.construct(Function, ['return 1'])()`,
    `return Reflect.apply(Function, null, ['return 1'])()`,
    `const F = Function; return new F('return 1')()`,
    `const F = Function; return F.apply(null, ['return 1'])()`,
    `return [Function][0]!('return 1')()`,
    `const { Function: F } = globalThis; return F('return 1')()`,
    `const g: any = globalThis; return g.Function('return 1')()`,
    `return (globalThis as any)['Function']('return 1')()`,
    `class G extends Function { constructor(t: string) { super(t); } } return (new G('return 1') as any)()`,
    `return (function () {}).constructor('return 1')()`,
    `return (() => 1).constructor('return 1')()`,
    `const C = (async () => {}).constructor; return (C as any)('return 1')()`,
    `return (function* () {}).constructor('yield 1')().next()`,
    `return (async function* () {}).constructor('yield 1')().next()`,
    `return Object.getPrototypeOf(async function () {}).constructor('return 1')()`,
    `return Function.prototype.constructor('return 1')()`,
    `return (Object as any).constructor('return 1')()`,
    `return ([] as any).filter.constructor('return 1')()`,
    `return x.constructor.constructor('return 1')()`,
    `return x['construc' + 'tor']['construc' + 'tor']('return 1')()`,
    `const { constructor: C } = () => 1; return (C as any)('return 1')()`,
    `return (0, eval)('1')`,
    `const e = eval; return e('1')`,
    `const { eval: e } = globalThis; return e('1')`,
    `return (globalThis as any)['ev' + 'al']('1')`,
  ])('is refused: %s', async (body) => {
    expect(await subjectsOf(virtineOf(body))).toEqual(['dynamic-code eval']);
  });

  it.each([
    'return x instanceof Function || typeof x === "function" || x.constructor === Object',
    'return new x.constructor(1)',
    'return x.constructor.name + Function.prototype.toString.call(x)',
    'return [Function, Date].some((C) => x instanceof C)',
    'return Function.prototype.call.bind(x)',
  ])('does not include code that only checks for it: %s', async (body) => {
    const { virtines, warnings } = await virtineOf(body).compile('main.ts');
    expect([virtines[0]!.policy, warnings]).toEqual([{}, []]);
  });

  const HIDDEN = [
    `const makers = [x, () => 1].filter((y) => y !== x); return makers[0].constructor('return 1')()`,
    `const makers = new Map([['it', Function]]); return makers.get('it')!('return 1')()`,
    `const key = x.key; return ({} as any)[key][key]('return 1')()`,
    `return (globalThis as any)[x.name]('1')`,
    `const s = [() => 1]; return s.map((y: any) => y.constructor('return 1'))[0]()`,
  ];
  const EVERYWHERE = works.flatMap((backend) => HIDDEN.map((body) => [backend, body] as const));

  it.each(EVERYWHERE)('throws if the analysis cannot follow it, on %s: %s', async (backend, body) => {
    (await import('@colony/compiler/runtime')).configure({ backend });
    const argument = { key: 'constructor', name: 'eval' };
    const made = await virtineOf(body).load<Module>('main.ts');
    await expect(made.f!(argument)).rejects.toThrow(/made at run time was not analysed/);
    const accepting = virtineOf(body, `, { accept: ['eval'] }`);
    expect(await (await accepting.load<Module>('main.ts')).f!(argument)).toBe(1);
    expect((await accepting.compile('main.ts')).virtines[0]!.accepted.map(({ subject }) => subject)).toEqual(['eval']);
  });

  it.each(works)('does not change functions otherwise, on %s', async (backend) => {
    (await import('@colony/compiler/runtime')).configure({ backend });
    const made = await virtineOf(`const g = function () {};
  return [g instanceof Function, g.constructor === Function, Function.prototype === Object.getPrototypeOf(g), Function.name,
    g.constructor.name, (async () => {}).constructor.name, (globalThis as any).Function('return this')() === globalThis,
    Function.prototype.toString.call(Math.max).includes('native')];`).load<Module>('main.ts');
    expect(await made.f!(1)).toEqual([true, true, true, 'Function', 'Function', 'AsyncFunction', true, true]);
  });
});

describe('the objects of a guest', () => {
  const WALK = `
  const seen = new Set<unknown>();
  const queue: unknown[] = [globalThis, function () {}, async () => {}, function* () {}, async function* () {}, new Proxy({}, {}), [].values()];
  const makers: string[] = [];
  while (queue.length > 0) {
    const next = queue.pop();
    if ((typeof next !== 'object' && typeof next !== 'function') || next === null || seen.has(next)) continue;
    seen.add(next);
    if (typeof next === 'function' && /^(?:eval|.*Function)$/.test(next.name)) {
      try { next('0'); makers.push(next.name); } catch (error) { if ((error as Error).name !== 'EvalError') makers.push(String(error)); }
    }
    queue.push(Object.getPrototypeOf(next));
    for (const { value, get, set } of Object.values(Object.getOwnPropertyDescriptors(next))) queue.push(value, get, set);
    for (const key of Object.getOwnPropertySymbols(next)) queue.push(Object.getOwnPropertyDescriptor(next, key)!.value);
  }
  return [seen.size > 500, makers];`;

  it.each(works)('do not lead to anything that makes code, on %s', async (backend) => {
    (await import('@colony/compiler/runtime')).configure({ backend });
    const text = (options: string) => `${IMPORT}export const f = virtine(() => {${WALK}\n}${options});\n`;
    const made = await project(text('')).load<Module>('main.ts');
    expect(await made.f!()).toEqual([true, []]);
    const accepting = await project(text(`, { accept: ['eval'] }`)).load<Module>('main.ts');
    const [, makers] = (await accepting.f!()) as [boolean, string[]];
    expect(makers).toEqual(expect.arrayContaining(['eval', 'Function', 'AsyncFunction', 'GeneratorFunction']));
  });
});

describe('the global object under other names', () => {
  it('has the same grants', async () => {
    const text = `var freeGlobal = typeof global == 'object' && global && global.Object === Object && global;
var freeSelf = typeof self == 'object' && self && self.Object === Object && self;
var root = freeGlobal || freeSelf || Function('return this')();
export const run = function make(context) {
  context = context == null ? root : context;
  var Date = context.Date, Math = context.Math;
  return [Date.now() > 0, Math.max(1, 2), root.console.log('x')];
};\n`;
    expect((await reportOf(esm(text))).policy).toEqual({ console: true, clock: true });
  });

  it('has one warning for each package', async () => {
    const files = {
      ...esm(`import { two } from './two.js';\nexport const run = (x) => [x(globalThis), two(x)];\n`),
      'dep/two.js': 'export const two = (x) => x(globalThis);\n',
    };
    const { warnings } = await dependent(files).compile('main.ts');
    expect(warnings).toEqual([expect.stringMatching(/^node_modules\/dep\/.*`globalThis` is handed on/)]);
  });

  it('makes no code that was not accepted', async () => {
    const text = `var root = globalThis;\nexport const run = (context) => {\n  context = context == null ? root : context;\n  return context.Function('return 1')();\n};\n`;
    const made = dependent(esm(text));
    const { warnings } = await made.compile('main.ts');
    expect(warnings).toEqual([
      expect.stringMatching(/^node_modules\/dep\/index\.js:4:\d+: .*`Function` is read from a value that may be/),
    ]);
    (await import('@colony/compiler/runtime')).configure({ backend: 'wasm' });
    await expect((await made.load<Module>('main.ts')).f!()).rejects.toThrow(/made at run time was not analysed/);
  });
});

describe('a guard permits the code that it guards', () => {
  const run = (body: string) =>
    project(`${IMPORT}declare const define: any;\nexport const f = virtine((x: any) => {\n${body}\n});\n`);

  it.each([
    `const b = typeof window === 'undefined' ? 1 : 2; return b + process.pid`,
    `return typeof window === 'undefined' ? process.pid : 0`,
    `if (typeof window === 'undefined') return process.pid; return 0`,
    `if (typeof process !== 'undefined') x.on = 1; return process.pid`,
    `if (x || typeof process !== 'undefined') return process.pid; return 0`,
    `return typeof process === 'undefined' || process.pid ? process.pid : 0`,
    `try { x.later(() => process.pid); } catch {} return 0`,
    `const isBrowser = typeof window !== 'undefined'; return isBrowser ? 0 : process.pid`,
  ])('and no other code: %s', async (body) => {
    const { refusals } = await run(body).refusals('main.ts');
    expect(new Set(refusals.map(({ subject }) => subject))).toEqual(new Set(['process']));
  });

  it.each([
    `return typeof process !== 'undefined' && process.env && process.env.X ? process.env.X : 0`,
    `return typeof process === 'object' && process ? process.pid : 0`,
    `if (typeof process === 'undefined') return 0; return process.pid`,
    `if (typeof process === 'undefined') { x.y = 1; throw x; } return process.pid`,
    `const isNode = typeof process !== 'undefined' && x; return isNode ? process.pid : 0`,
    `function isNode() { return typeof process !== 'undefined'; } return isNode() ? process.pid : 0`,
    `return typeof globalThis !== 'undefined' ? 1 : typeof window !== 'undefined' ? window : self`,
    `return 'process' in globalThis ? process.pid : 0`,
    `return (globalThis as any).process ? process.pid : 0`,
    `if (typeof define === 'function' && define.amd) define([]); return 0`,
    `try { return process.pid; } catch { return 0; }`,
    `try { return (() => process.pid)(); } catch { return 0; }`,
    `if (x.y, parseInt) return 1; return process.pid`,
    `return hasOwnProperty.call(x, 'y')`,
  ])('at any place: %s', async (body) => {
    expect((await run(body).compile('main.ts')).virtines[0]!.policy).toEqual({});
  });
});

describe('a member that an object has in hosts only', () => {
  const run = (body: string) => project(`${IMPORT}export const f = virtine((x: any) => {\n${body}\n});\n`);

  it.each([
    [`return crypto.subtle.digest('SHA-256', x)`, 'crypto.subtle'],
    [`const { subtle } = crypto; return subtle.digest('SHA-256', x)`, 'crypto.subtle'],
    [`const c = globalThis.crypto; return c.subtle.digest('SHA-256', x)`, 'crypto.subtle'],
    [`performance.mark('x')`, 'performance.mark'],
    [`console.table(x)`, 'console.table'],
  ])('is refused by its name: %s', async (body, subject) => {
    expect(await subjectsOf(run(body))).toEqual([`host-global ${subject}`]);
  });

  it.each([
    `return crypto.subtle ? crypto.subtle.digest('SHA-256', x) : 0`,
    `return crypto.subtle?.digest('SHA-256', x)`,
    `const { subtle } = crypto; if (!subtle) return 0; return subtle.digest('SHA-256', x)`,
    `return typeof console.table === 'function' ? console.table(x) : 0`,
  ])('does not count as a use behind a check: %s', async (body) => {
    expect((await run(body).compile('main.ts')).virtines[0]!.policy).toEqual({});
  });
});

describe('a generator', () => {
  it.each([
    ['by its name', `function* g() { yield 1; }\nexport const f = virtine(g);\n`],
    ['in a constant', `const g = async function* () { yield 1; };\nexport const f = virtine(g);\n`],
    ['as it stands', `export const f = virtine(function* () { yield 1; });\n`],
    ['from another file', `import { g } from './lib.js';\nexport const f = virtine(g);\n`],
  ])('is refused: %s', async (_, text) => {
    const made = new Project({ 'main.ts': IMPORT + text, 'lib.ts': 'export function* g() { yield 1; }\n' });
    const { refusals, error } = await made.refusals('main.ts');
    expect(refusals.map(({ rule, virtine }) => [rule, virtine])).toEqual([['placement', 'f']]);
    expect(error.message).toMatch(/a generator cannot be a virtine.*\n?.*what to do: return an array/);
  });
});

it("ignores the bundler's assignments for a module that is imported late", async () => {
  const lib = `export let count = 0;\nconst list = [1];\nexport class Q {}\nexport const f = (x: number) => x + list[0]! + count;\n`;
  const main = `export async function f(x: number) {\n  'use virtine';\n  return (await import('./lib.js')).f(x);\n}\n`;
  expect((await new Project({ 'main.ts': main, 'lib.ts': lib }).compile('main.ts')).warnings).toEqual([]);
  const bump = `${lib}export const bump = () => { count++; };\n`;
  const { warnings } = await new Project({ 'main.ts': main.replace('.f(x)', '.bump()'), 'lib.ts': bump }).compile(
    'main.ts',
  );
  expect(warnings).toEqual([expect.stringMatching(/the value assigned to `count` is gone after the call/)]);
});
