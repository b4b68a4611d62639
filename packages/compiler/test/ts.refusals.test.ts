import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Project, project } from './ts/project.js';

const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;

interface Case {
  readonly name: string;
  readonly main: string;
  readonly files?: Record<string, string>;
  readonly rule: string;
  readonly subject: string;
  readonly at: string;
  /** Names of the chain, from the virtine on. */
  readonly chain?: string[];
}

const CASES: readonly Case[] = [
  {
    name: 'a captured variable that changes',
    main: `let hits = 0;\nexport async function count() {\n  'use virtine';\n  return hits;\n}\nexport const hit = () => { hits++; };\n`,
    rule: 'captured-mutable',
    subject: 'hits',
    at: 'main.ts:4:10',
    chain: ['count', 'hits'],
  },
  {
    name: 'a captured variable that the virtine changes, two calls away',
    main: `${IMPORT}let hits = 0;\nfunction bump() {\n  hits += 1;\n}\nconst twice = () => { bump(); bump(); };\nexport const run = virtine(() => twice());\n`,
    rule: 'captured-mutable',
    subject: 'hits',
    at: 'main.ts:4:3',
    chain: ['run', 'twice', 'bump', 'hits'],
  },
  {
    name: 'a table that the host fills later',
    main: `const seen = new Map();\nexport const see = (k: string) => seen.set(k, 1);\nexport async function has(k: string) {\n  'use virtine';\n  return seen.has(k);\n}\n`,
    rule: 'captured-mutable',
    subject: 'seen',
    at: 'main.ts:5:10',
    chain: ['has', 'seen'],
  },
  {
    name: 'this',
    main: `export async function self(this: unknown) {\n  'use virtine';\n  return this;\n}\n`,
    rule: 'this',
    subject: 'this',
    at: 'main.ts:3:10',
  },
  {
    name: 'this of the method around an arrow',
    main: `${IMPORT}export class A {\n  x = 1;\n  make() { return virtine(() => this.x); }\n}\n`,
    rule: 'this',
    subject: 'this',
    at: 'main.ts:4:33',
  },
  {
    name: 'new.target',
    main: `${IMPORT}export const f = virtine(function () {\n  return new.target;\n});\n`,
    rule: 'this',
    subject: 'new.target',
    at: 'main.ts:3:10',
  },
  {
    name: 'arguments of the function around it',
    main: `${IMPORT}export function make() {\n  return virtine(() => arguments.length);\n}\n`,
    rule: 'this',
    subject: 'arguments',
    at: 'main.ts:3:24',
  },
  {
    name: 'a class of the function around it',
    main: `${IMPORT}export function make() {\n  class A {}\n  return virtine(() => new A());\n}\n`,
    rule: 'captured-class',
    subject: 'A',
    at: 'main.ts:4:28',
  },
  {
    name: 'a captured value that cannot cross',
    main: `${IMPORT}export function make() {\n  const map = new WeakMap();\n  return virtine(() => map.has({}));\n}\n`,
    rule: 'unmarshalable',
    subject: 'map',
    at: 'main.ts:4:24',
  },
  {
    name: 'a captured array that the virtine changes',
    main: `${IMPORT}export function make(list: number[]) {\n  return virtine((x: number) => {\n    list.push(x);\n  });\n}\n`,
    rule: 'captured-change',
    subject: 'list',
    at: 'main.ts:4:5',
  },
  {
    name: 'a captured object that a function around the virtine changes for it',
    main: `${IMPORT}export function make(state: { n: number }) {\n  const bump = () => {\n    state.n++;\n  };\n  return virtine(() => bump());\n}\n`,
    rule: 'captured-change',
    subject: 'state',
    at: 'main.ts:4:5',
  },
  {
    name: 'a function that is not async',
    main: `export function f() {\n  'use virtine';\n  return 1;\n}\n`,
    rule: 'not-async',
    subject: 'f',
    at: 'main.ts:1:8',
  },
  {
    name: 'a method',
    main: `export class A {\n  async f() {\n    'use virtine';\n  }\n}\n`,
    rule: 'placement',
    subject: 'f',
    at: 'main.ts:2:10',
  },
  {
    name: 'a generator',
    main: `export async function* f() {\n  'use virtine';\n  yield 1;\n}\n`,
    rule: 'placement',
    subject: 'f',
    at: 'main.ts:1:8',
  },
  {
    name: 'a whole module',
    main: `'use virtine';\nexport const x = 1;\n`,
    rule: 'placement',
    subject: 'module',
    at: 'main.ts:1:1',
  },
  {
    name: 'virtine as a value',
    main: `${IMPORT}export const all = [(x: number) => x].map(virtine);\n`,
    rule: 'placement',
    subject: 'virtine',
    at: 'main.ts:2:43',
  },
  {
    name: 'eval, in another file',
    main: `import { run } from './lib.js';\nexport async function f(text: string) {\n  'use virtine';\n  return run(text);\n}\n`,
    files: { 'lib.ts': `export function run(text: string) {\n  return eval(text);\n}\n` },
    rule: 'dynamic-code',
    subject: 'eval',
    at: 'lib.ts:2:10',
    chain: ['f', 'run', 'eval'],
  },
  {
    name: 'new Function',
    main: `${IMPORT}export const f = virtine((text: string) => new Function(text)());\n`,
    rule: 'dynamic-code',
    subject: 'eval',
    at: 'main.ts:2:48',
  },
  {
    name: 'an import whose name is not constant',
    main: `${IMPORT}export const f = virtine(async (name: string) => (await import(name)).default);\n`,
    rule: 'dynamic-import',
    subject: 'import',
    at: 'main.ts:2:57',
  },
  {
    name: "Node's built-ins, through two files",
    main: `import { load } from './a.js';\nexport async function f() {\n  'use virtine';\n  return load();\n}\n`,
    files: {
      'a.ts': `import { text } from './b.js';\nexport const load = () => text('x');\n`,
      'b.ts': `import { readFileSync } from 'fs';\nexport function text(name: string) {\n  return readFileSync(name, 'utf8');\n}\n`,
    },
    rule: 'node-builtin',
    subject: 'node:fs',
    at: 'b.ts:3:10',
    chain: ['f', 'load', 'text', 'node:fs'],
  },
  {
    name: 'a native addon',
    main: `import addon from './x.node';\nexport async function f() {\n  'use virtine';\n  return addon.run();\n}\n`,
    files: { 'x.node': '' },
    rule: 'native-addon',
    subject: './x.node',
    at: 'main.ts:4:10',
  },
  {
    name: "a host's global",
    main: `export async function f() {\n  'use virtine';\n  return process.env['HOME'];\n}\n`,
    rule: 'host-global',
    subject: 'process',
    at: 'main.ts:3:10',
  },
  {
    name: 'what a module does when it is loaded, though nothing of it is called',
    main: `import { double } from './lib.js';\nexport async function f(x: number) {\n  'use virtine';\n  return double(x);\n}\n`,
    files: { 'lib.ts': `process.on('exit', () => {});\nexport const double = (x: number) => x * 2;\n` },
    rule: 'host-global',
    subject: 'process',
    at: 'lib.ts:1:1',
    chain: ['f', 'module initialisation of lib.ts', 'process'],
  },
  {
    name: 'a module that was compiled already',
    main: `import { g } from './done.js';\nexport async function f() {\n  'use virtine';\n  return g();\n}\n`,
    files: {
      'done.js': `export async function g(...args) { return await v().run(args, []); }\nimport { Isolated } from '@colony/compiler/runtime';\nfunction v() { return new Isolated({}); }\n`,
    },
    rule: 'host-global',
    subject: 'compiled module',
    at: 'done.js:3:27',
    chain: ['f', 'g', 'v', 'compiled module'],
  },
  {
    name: 'a fetch to an origin that is not constant',
    main: `export async function f(url: string) {\n  'use virtine';\n  return (await fetch(url)).status;\n}\n`,
    rule: 'dynamic-capability',
    subject: 'fetch',
    at: 'main.ts:3:17',
  },
  {
    name: 'a fetch to what a `freeze` of its own gives',
    main: `const lib = { freeze: (x: { url: string }) => ({ url: String(x) }) };\nexport async function f() {\n  'use virtine';\n  return (await fetch(lib.freeze({ url: 'https://a.example' }).url)).status;\n}\n`,
    rule: 'dynamic-capability',
    subject: 'fetch',
    at: 'main.ts:4:17',
  },
];

const BUILTIN = CASES.find(({ subject }) => subject === 'node:fs')!;

describe('a function that cannot become a virtine is an error with its place, the calls that lead there, and advice', () => {
  for (const { name, main, files, rule, subject, at, chain } of CASES) {
    it(name, async () => {
      const { error, refusals } = await project(main, files).refusals('main.ts');
      expect(
        refusals.map((refusal) => [refusal.rule, refusal.subject, `${refusal.file}:${refusal.line}:${refusal.column}`]),
      ).toEqual([[rule, subject, at]]);
      expect(error.message).toContain(at);
      expect(error.message).toContain('what to do: ');
      if (chain !== undefined) expect(refusals[0]!.chain.map((step) => step.name)).toEqual(chain);
    });
  }

  it('has all of it in one message', async () => {
    const { error } = await project(BUILTIN.main, BUILTIN.files).refusals('main.ts');
    expect(error.message).toBe(
      [
        "b.ts:3:10: virtine `f`: it uses Node's built-in `node:fs` (REF-011)",
        '       f (main.ts:2:8)',
        '    -> load (main.ts:4:10)',
        '    -> text (a.ts:2:27)',
        '    -> node:fs (b.ts:3:10)',
        "    what to do: do that in the host, and pass the result as an argument; or make it a hypercall; if it never runs, accept it: `accept: ['node:fs']`",
        'Examples, and what to write instead: `colony explain REF-011`',
      ].join('\n'),
    );
  });

  it('has a remedy for a module that re-exports a heavy one', async () => {
    const main = `import { light } from './lib/index.js';\nexport async function f() {\n  'use virtine';\n  return light(1);\n}\n`;
    const files = {
      'lib/index.ts': `export * from './heavy.js';\nexport { light } from './light.js';\n`,
      'lib/light.ts': 'export const light = (x: number) => x + 1;\n',
      'lib/heavy.ts': `import { cpus } from 'node:os';\nexport const n = cpus().length;\nexport const heavy = () => cpus();\n`,
    };
    const { error, refusals } = await project(main, files).refusals('main.ts');
    expect(refusals.map(({ subject, file }) => [subject, file])).toEqual([['node:os', 'lib/heavy.ts']]);
    expect(error.message).toContain(
      'All of lib/heavy.ts runs when it is imported: if it is not needed, import the rest from the file that has it, ' +
        'or write `"sideEffects": false` in its package.json',
    );
    const direct = project(main.replace('index.js', 'light.js'), files);
    expect((await direct.compile('main.ts')).virtines[0]!.policy).toEqual({});
    const declared = project(main, { ...files, 'lib/package.json': '{ "type": "module", "sideEffects": false }' });
    expect((await declared.compile('main.ts')).virtines[0]!.policy).toEqual({});
    const uncalled = project(main, {
      ...files,
      'lib/heavy.ts': files['lib/heavy.ts'].replace(/^.*cpus\(\).length.*$/m, ''),
    });
    expect((await uncalled.compile('main.ts')).virtines[0]!.policy).toEqual({});
  });

  it('keeps watching the files of the last build if a virtine is not built', async () => {
    const good = `${IMPORT}import { one } from './lib.js';\nexport const f = virtine(() => one);\n`;
    const made = new Project({ 'main.ts': good, 'lib.ts': 'export const one = 1;\n' });
    await made.compile('main.ts');
    const main = join(made.directory, 'main.ts');
    const watched = made.compiler.watchFilesOf(main);
    expect(watched).toContain(join(made.directory, 'lib.ts'));
    made.write('main.ts', `let n = 0;\nexport const add = () => n++;\n${good.replace('=> one', '=> one + n')}`);
    await made.refusals('main.ts');
    expect(made.compiler.watchFilesOf(main)).toEqual(watched);
  });

  it('names files below the root by their own path, once', async () => {
    const lib = "import { readFileSync } from 'node:fs';\nexport const read = () => readFileSync('x');\n";
    const main = `${IMPORT}import { read } from '../lib/read.js';\nconst load = () => read();\nexport const f = virtine(() => load());\n`;
    const made = new Project({ 'src/deep/main.ts': main, 'src/lib/read.ts': lib });
    const { refusals } = await made.refusals('src/deep/main.ts');
    const files = refusals[0]!.chain.map(({ name, file, line }) => `${name} ${file}:${line}`);
    expect(files).toEqual([
      'f src/deep/main.ts:4',
      'load src/deep/main.ts:4',
      'read src/deep/main.ts:3',
      'node:fs src/lib/read.ts:2',
    ]);
  });

  it('names all mistakes at once', async () => {
    const { refusals } = await project(
      `export async function f() {\n  'use virtine';\n  setTimeout(() => {}, 1);\n  return Buffer.from('x');\n}\n`,
    ).refusals('main.ts');
    expect(refusals.map(({ subject }) => subject)).toEqual(['setTimeout', 'Buffer']);
  });

  it('allows guarded and caught uses', async () => {
    const { virtines } = await project(
      `${IMPORT}export const f = virtine(() => {
  if (typeof process !== 'undefined') return process.pid;
  try { return Buffer.from('x').length; } catch { return typeof window !== 'undefined' && document ? 1 : 2; }
});\n`,
    ).compile('main.ts');
    expect(virtines[0]!.policy).toEqual({});
  });

  it('warns if a module is imported back', async () => {
    const lib = `import { LIMIT } from './main.js';\nexport const low = (x: number) => Math.min(x, LIMIT);\n`;
    const main = `${IMPORT}import { low } from './lib.js';\nexport const LIMIT = 5;\nexport const f = virtine((x: number) => low(x));\n`;
    const { warnings } = await project(main, { 'lib.ts': lib }).compile('main.ts');
    expect(warnings).toEqual([
      expect.stringMatching(/^main\.ts:4:26: virtine `f`: a module that it needs imports this file back/),
    ]);
  });

  it('has the place of a syntax error or a missing import', async () => {
    const broken = await project(`export async function f() { 'use virtine'; return 1 + ; }\n`).refusals('main.ts');
    expect(broken.error.message).toMatch(/^main\.ts:1:5\d: it does not parse/);
    const lost = await project(
      `import { x } from './no.js';\nexport async function f() {\n  'use virtine';\n  return x;\n}\n`,
    );
    expect((await lost.refusals('main.ts')).error.message).toMatch(/main\.ts:\d+:\d+: .*no\.js/);
  });
});
