import { configure, disposeVirtines, type Virtine } from '@colony/compiler/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from './ts/project.js';
import { both } from './ts/same.js';

beforeAll(() => configure({ backend: 'wasm' }));
afterAll(() => disposeVirtines());

type Files = Readonly<Record<string, string>>;

/** Source of `f`, which returns the value of `expression`. */
const f = (expression: string, parameters = '') =>
  `export async function f(${parameters}) {\n  'use virtine';\n  return ${expression};\n}\n`;
const withLib = (main: string, lib: string): Files => ({ 'main.ts': main, 'lib.ts': lib });

async function same(files: Files | string, calls: Parameters<typeof both>[1] = [['f']]) {
  const sources = typeof files === 'string' ? { 'main.ts': files } : files;
  const { plain, isolated, output } = await both(sources, calls);
  expect(isolated).toEqual(plain);
  return { results: plain, output };
}

describe('arrows and function expressions are functions, under the grants of the declaration', () => {
  const CASES: readonly [name: string, parameters: string, body: string, use: string][] = [
    ['the clock', '', '{ return Date.now(); }', 'typeof now()'],
    ['new Date()', '', '{ return new Date().getTime() > 2000; }', 'now()'],
    ['chance', '', '{ return Math.random() < 1; }', 'now()'],
    ['await', 'async', '{ await null; return 3; }', 'await now()'],
    ['performance', '', '{ return performance.now() >= 0; }', 'now()'],
    ['crypto', '', '{ return crypto.randomUUID().length; }', 'now()'],
    ['fetch', 'async', "{ return (globalThis as any).never ? await fetch('https://a.example/x') : 1; }", 'await now()'],
    ['env', '', "{ return (globalThis as any).never ? (globalThis as any).colony.env('HOME') : 1; }", 'now()'],
  ];
  for (const [name, kind, body, use] of CASES) {
    it(name, async () => {
      const declared = await same(`${kind} function now() ${body}\n${f(use)}`);
      const { policy } = declared.output.virtines[0]!;
      for (const made of [
        `${kind} () => ${body}`,
        `${kind} function () ${body}`,
        `(${kind} () => ${body}) as () => any`,
      ]) {
        const { results, output } = await same(`export const now = ${made};\n${f(use)}`);
        expect(results).toEqual(declared.results);
        expect(output.virtines[0]!.policy).toEqual(policy);
        expect(output.warnings).toEqual([]);
      }
    });
  }

  it('functions by another name, and methods', async () => {
    const { output } = await same(
      `const now = Date.now;\nconst { random } = Math;\nconst api = { time: () => Date.now() };\n${f('[typeof now(), random() < 1, typeof api.time()]')}`,
    );
    expect(output.virtines[0]!.policy).toEqual({ clock: true, random: true });
  });
});

/** Top-level statements, and the expression to evaluate. */
const STATEMENTS: readonly (readonly [name: string, text: string, expression: string])[] = [
  [
    'a method of a prototype',
    'class P { constructor(public x: number) {} }\ninterface P { len(): number }\nP.prototype.len = function () { return this.x; };',
    'new P(3).len()',
  ],
  [
    'a prototype of a function',
    'function P(this: any, x: number) { this.x = x; }\nP.prototype.len = function () { return this.x; };',
    'new (P as any)(3).len()',
  ],
  [
    'mixins',
    'class A {}\nObject.assign(A.prototype, { m() { return 3; } });\nfor (const k of ["n"]) (A.prototype as any)[k] = () => 4;',
    '[(new A() as any).m(), (new A() as any).n()]',
  ],
  ['a static', 'class A { static reg: any; }\nA.reg = { a: 1 };', 'A.reg'],
  [
    'a property of a function',
    "function greet(n: string) { return greet.prefix + n; }\ngreet.prefix = 'hi ';",
    "greet('x')",
  ],
  [
    'a part of a namespace under another name',
    'namespace N { export namespace M { export const a = 3; } }\nimport M = N.M;\nexport import a = N.M.a;',
    '[M.a, a]',
  ],
  ['an enum in two parts', 'enum E { A = 1 }\nenum E { B = 2 }', '[E.A, E.B, E[2]]'],
  [
    'a namespace in two parts',
    'namespace N { export const a = 1; }\nnamespace N { export const b = 2; }',
    '[N.a, N.b]',
  ],
  ['a function that is a namespace', 'function g() { return g.v; }\nnamespace g { export const v = 4; }', 'g()'],
  [
    'a class that is a namespace',
    'class K { m() { return K.v; } }\nnamespace K { export const v = 4; }',
    'new K().m()',
  ],
  [
    'an own registry',
    'class R { m: any = {}; add(k: string) { this.m[k] = 1; return this; } }\nconst r = new R();\nr.add("a").add("b");',
    'r.m',
  ],
  ['a function that fills', 'const t: any = {};\nfunction fill(o: any) { o.a = 1; }\nfill(t);', 't'],
  [
    'a function that is called while the module is loaded',
    'const t: any = {};\nfunction add(k: string) { t[k] = 1; return k; }\nadd("a");\nconst b = add("b");\nexport { b };',
    't',
  ],
  ['a method that is', 'const t: any = {};\nclass S { run() { t.x = 1; } }\nnew S().run();', 't'],
  ['another name', 'const t: any = {};\nconst u = t;\nu.a = 1;', 't'],
  ['a part under another name', 'const t: any = { in: {} };\nconst { in: u } = t;\nu.a = 1;', 't'],
  [
    'an object that holds it',
    'const t: any = {};\nconst api = { t };\napi.t.x = 1;\nconst box: any = {};\nbox.t = t;\nbox.t.y = 2;',
    't',
  ],
  ['a function that gives it', 'const t: any = {};\nconst get = () => t;\nget().x = 1;', 't'],
  [
    'a view',
    'const b = new ArrayBuffer(4);\nconst dv = new DataView(b);\ndv.setUint32(0, 7);',
    '[new Uint8Array(b)[3], dv.getUint32(0)]',
  ],
  [
    'rows in a loop',
    'const rows = [{ n: 1 }, { n: 2 }];\nrows.forEach((r) => { r.n *= 2; });\nfor (const r of rows) r.n += 1;',
    'rows',
  ],
  [
    'a list in a map',
    'const m = new Map<string, any[]>([["a", []]]);\nm.get("a")!.push(1);\nconst l = m.get("a")!;\nl.push(2);',
    'm.get("a")',
  ],
  ['a method that only reads, as a tag', 'const t: any = [1, 2];\nconst u = t.indexOf`a`;', '[t, u]'],
  [
    'forEach',
    'const t: any = {};\n["a", "b"].forEach((x) => (t[x] = 1));\n["c"].reduce((o, k) => { o[k] = 2; return o; }, t);',
    't',
  ],
  [
    'a function that is called where it stands',
    'const t: any = {};\n(() => { t.a = 1; })();\n(function () { t.b = 1; }).call(null);',
    't',
  ],
  ['a class with a static block', 'const t: any = {};\nclass Z { static { t.z = 1; } }\nexport { Z };', 't'],
  [
    'a decorator',
    'const seen: string[] = [];\nfunction reg(_: unknown, { name }: any) { seen.push(name); }\n@reg class A {}\nexport { A };',
    'seen',
  ],
  [
    'a variable that is set later',
    'let t: any;\nt = { a: 1 };\nlet n: number;\nif (1 + 1 === 2) n = 3;\nelse n = 4;',
    '[t, n]',
  ],
  ['a counter', 'let n = 0;\nn++;\nwhile (n < 5) n += 2;', 'n'],
  [
    'a method of arrays',
    '(Array.prototype as any).last = function () { return this[this.length - 1]; };',
    '([1, 2] as any).last()',
  ],
  ['a global', '(globalThis as any).LIMIT = 5;', '(globalThis as any).LIMIT'],
  [
    'an export',
    'const t: any = {};\nfunction add(k: string) { t[k] = 1; return k; }\nexport const a = add("a"), b = add("b");\nexport default (t.x = 1);',
    '[t, b]',
  ],
  [
    'statements without semicolons',
    'const t: any = {}\nt.a = 1\nconst u: any[] = []\nu.push(2)\n;[1].forEach((x) => u.push(x))',
    '[t, u]',
  ],
  ['a function of a block', 'const t: any[] = [];\n{ function add(x: number) { t.push(x); } add(2); }', 't'],
  [
    'a method of a class of a block',
    'const t: any[] = [];\nif (1 + 1 === 2) { class A { run() { t.push(1); } } new A().run(); }',
    't',
  ],
  [
    'a function of a loop',
    'const t: any[] = [];\nfor (const k of ["a"]) { const add = (x: any) => { t.push(x); }; add(k); }',
    't',
  ],
  [
    'a function of `try`',
    'const t: any[] = [];\ntry { const add = (x: any) => { t.push(x); }; add(1); } catch {}',
    't',
  ],
  ['a class without a name', 'const t: any = {};\nexport default class { static { t.a = 1; } }', 't'],
  [
    'views of a buffer',
    'const b = new ArrayBuffer(4);\nconst v = new Uint8Array(b);\nv[0] = 7;\nnew Uint16Array(b)[1] = 3;',
    '[...new Uint8Array(b)]',
  ],
  ['a default of a parameter', 'const t: any[] = [];\nfunction add(x: number, l = t) { l.push(x); }\nadd(1);', 't'],
  [
    'values of the host in a table',
    'const t: any[] = [];\nt.push(process.pid);\nlet v: any;\nif (process.pid > 0) v = process.pid;',
    '[t, v]',
  ],
];

describe('statements that fill a value of the virtine go along', () => {
  for (const [name, text, expression] of STATEMENTS) {
    it(name, async () => {
      await same(`${text}\n${f(expression)}`);
    });
  }

  const IMPORTED =
    'export class R { m = new Map<string, number>(); register(k: string, v: number) { this.m.set(k, v); return this; } }\nexport const registry = new R();\nexport const t: any = { list: [] };\nexport const half = (n: number) => n / 2;\n';
  const IMPORTS: readonly (readonly [name: string, main: string, files?: Files])[] = [
    [
      'a method of an import',
      `import { registry } from './lib.js';\nregistry.register('a', 1).register('b', 2);\n${f('[...registry.m]')}`,
    ],
    ['a property of an import', `import * as lib from './lib.js';\nlib.t.rate = 5;\n${f('lib.t')}`],
    [
      'modules that fill others, in their order',
      `import './one.js';\nimport { t } from './lib.js';\nimport { done } from './two.js';\nexport { done };\n${f('t.list')}`,
      {
        'one.ts': "import { t } from './lib.js';\nt.list.push(1);\n",
        'two.ts': "import { t } from './again.js';\nfunction go() { t.list.push(2); }\ngo();\nexport const done = 1;\n",
        'again.ts': "export * from './lib.js';\n",
      },
    ],
    [
      'functions of modules that fill others',
      `import { setup } from './setup.js';\nimport { t } from './lib.js';\nsetup();\n${f('t')}`,
      { 'setup.ts': "import { t } from './lib.js';\nexport function setup() { t.a = 1; }\n" },
    ],
    [
      'functions of the module itself',
      `import { clear, t } from './own.js';\nclear();\n${f('t')}`,
      { 'own.ts': 'export const t: any = { a: 1 };\nexport const clear = () => { delete t.a; };\n' },
    ],
    [
      'a module that changes what every context has',
      `import './patch.js';\n${f('([1, 2] as any).last()')}`,
      { 'patch.ts': '(Array.prototype as any).last = function () { return this[this.length - 1]; };\n' },
    ],
  ];
  for (const [name, main, files = {}] of IMPORTS) {
    it(name, async () => {
      await same({ ...withLib(main, IMPORTED), ...files });
    });
  }

  it('of a package', async () => {
    const main = `import { Parser } from 'acorn';\nconst plus = (Base: any) => class extends Base { parse() { return 'plus ' + super.parse().type; } };\nconst Mine: any = Parser.extend(plus as any);\n${f("Mine.parse('1', { ecmaVersion: 2020 })")}`;
    await same(main);
  });
});

describe("statements that do not touch the virtine's values stay in the host, without a warning", () => {
  const CASES: readonly (readonly [name: string, main: string, files?: Files])[] = [
    [
      'reading',
      `const t = new Map([['a', { n: 1 }]]);\nconsole.assert(t.has('a'), t.get('a')!.n, [...t.keys()], JSON.stringify(t));\nfor (const [k, v] of t) if (k === 'b') console.log(v);\n${f("t.get('a')")}`,
    ],
    [
      'handing a copy on',
      `import { inspect } from 'node:util';\nconst t = { a: [1], port: 80 };\ninspect(String(t));\ninspect(t.port);\n${f('t')}`,
    ],
    [
      'a server',
      `import { createServer } from 'node:http';\nimport { t } from './lib.js';\nconst server = createServer((_, r) => { r.end(String(t.a)); });\nserver.on('x', () => f());\nserver.unref();\n${f('t.a')}`,
    ],
    [
      'functions that change nothing',
      `import { get } from './lib.js';\nconsole.assert(get('a') === 1);\nexport const one = get('a');\n${f("get('a')")}`,
    ],
    [
      'modules that share what they read',
      `import './log.js';\nimport { start } from './start.js';\nimport { get } from './lib.js';\nstart();\n${f("get('a')")}`,
      {
        'log.ts':
          "import { get } from './lib.js';\nexport const log = (x: string) => console.log(get(x));\nif (process.env['NEVER']) log('a');\n",
        'start.ts':
          "import { createServer } from 'node:http';\nimport { get } from './lib.js';\nexport function start() { createServer((_, r) => r.end(get('a'))).unref(); }\n",
      },
    ],
  ];
  for (const [name, main, files = {}] of CASES) {
    it(name, async () => {
      const { output } = await same({
        ...withLib(main, 'export const t: any = { a: 1 };\nexport const get = (k: string) => t[k];\n'),
        ...files,
      });
      expect(output.warnings).toEqual([]);
      expect(output.virtines[0]!.policy).toEqual({});
    });
  }
});

describe('a statement that may touch them and would need more of the host is a warning with its line', () => {
  const REGISTRY =
    'export const list: string[] = [];\nexport class R { add(k: string) { list.push(k); return k; } }\nexport const registry = new R();\n';
  const CASES: readonly (readonly [name: string, main: string, at: string])[] = [
    [
      'the console',
      `import { list, registry } from './lib.js';\nconsole.log(registry.add('a'));\n${f('[list, typeof registry]')}`,
      'main.ts:2:1',
    ],
    [
      "Node's built-ins",
      `import { basename } from 'node:path';\nimport { registry } from './lib.js';\nexport const name = basename(registry.add('b'));\n${f('typeof registry')}`,
      'main.ts:3:14',
    ],
    ['a bare import', `import './lib.js';\nimport 'node-only';\n${f('1')}`, 'main.ts:2:1'],
  ];
  for (const [name, main, at] of CASES) {
    it(name, async () => {
      const made = project(main, { 'lib.ts': REGISTRY });
      const { warnings, virtines } = await made.compile('main.ts');
      expect(warnings.filter((text) => text.startsWith('main.ts'))).toEqual([
        expect.stringMatching(new RegExp(`^${at}: virtine \`f\`: this may change .* does not go along: `)),
      ]);
      expect(virtines[0]!.policy).toEqual({});
    });
  }

  it('and the others still go along', async () => {
    const main = `import { list, registry } from './lib.js';\nregistry.add('a');\nconsole.log(registry.add('b'));\nregistry.add('c');\n${f('list')}`;
    const { isolated, output } = await both(withLib(main, REGISTRY), [['f']]);
    expect(isolated).toEqual([['a', 'c']]);
    expect(output.warnings).toEqual([
      expect.stringMatching(/^lib\.ts:2/),
      expect.stringMatching(/^main\.ts:3:1: .*`registry`/),
    ]);
  });
});

describe("changes of the virtine's values, by imported names that it does not use", () => {
  const LIB =
    'let on = false;\nexport const config = { a: 0 };\nexport function enable() { on = true; }\nexport const use = () => [on, config.a];\nexport default { enable, config };\n';
  const PACKAGE: Files = {
    'node_modules/lib/package.json': '{ "name": "lib", "version": "1.0.0", "type": "module", "main": "index.js" }',
    'node_modules/lib/index.js': LIB,
  };
  const CASES: readonly (readonly [name: string, text: string, result: unknown])[] = [
    ['a call', "import { enable, use } from 'lib';\nenable();", [true, 0]],
    ['of another import', "import { use } from 'lib';\nimport { enable } from 'lib';\nenable();", [true, 0]],
    ['of the default', "import lib, { use } from 'lib';\nlib.enable();", [true, 0]],
    ['in a function', "import { enable, use } from 'lib';\nfunction start() { enable(); }\nstart();", [true, 0]],
    ['an assignment', "import { config, use } from 'lib';\nconfig.a = 1;", [false, 1]],
    ['a static method', "import { config, use } from 'lib';\nObject.assign(config, { a: 1 });", [false, 1]],
    ['by way of the default', "import lib, { use } from 'lib';\nlib.config.a = 1;", [false, 1]],
    ['by way of a module', "import { enable } from 'lib';\nimport { use } from './use.js';\nenable();", [true, 0]],
  ];
  for (const [name, text, result] of CASES) {
    const main = `${text}\n${f('use()')}`;
    it(`go along: ${name}, of a package and of a module`, async () => {
      const ofPackage = await same({ ...PACKAGE, 'main.ts': main, 'use.ts': "export { use } from 'lib';\n" });
      expect(ofPackage.results).toEqual([result]);
      expect(ofPackage.output.warnings).toEqual([]);
      const own = main.replaceAll("'lib'", "'./lib.js'");
      const ofModule = await same({ ...withLib(own, LIB), 'use.ts': "export { use } from './lib.js';\n" });
      expect(ofModule.results).toEqual([result]);
    });
  }

  it('go along if it cannot be built without them; unneeded ones stay', async () => {
    const made = await project(
      `import './shim.js';\nimport { enable, tell } from './lib.js';\nenable();\n${f('[typeof new URL("x"), tell(), Math.random() < 1]')}`,
      {
        'shim.ts': 'globalThis.URL ??= class {} as any;\n',
        'lib.ts':
          'let at = 0;\nexport const enable = () => { at = Date.now(); };\nexport const tell = () => at;\nexport const other = 1;\n',
      },
    ).compile('main.ts');
    expect(made.virtines[0]!.policy).toEqual({ random: true });
    expect(made.warnings).toContainEqual(
      expect.stringMatching(/^main\.ts:3:1: .*does not go along: .*more of the host/),
    );
    expect(made.descriptors[0]!.source).toContain('globalThis.URL ??=');
  });

  it('stay, with a warning, if the virtine would need more of the host', async () => {
    const index = LIB.replace('on = true', 'on = Date.now() > 0');
    const text = `import { enable, use } from 'lib';\nenable();\n${f('use()')}`;
    const { isolated, output } = await both({ ...PACKAGE, 'node_modules/lib/index.js': index, 'main.ts': text }, [
      ['f'],
    ]);
    expect(isolated).toEqual([[false, 0]]);
    expect(output.warnings).toEqual([expect.stringMatching(/^main\.ts:2:1: .*`enable`, and does not go along/)]);
  });

  it('have a warning if functions of the host make them later', async () => {
    const text = (from: string) =>
      `import { config, use } from '${from}';\nexport function set() { config.a = 5; }\n${f('use()')}`;
    const warning = expect.stringMatching(
      /^main\.ts:2:25: .* a change of `config` by the host does not reach the context/,
    );
    const ofPackage = await project(text('lib'), PACKAGE).compile('main.ts');
    expect(ofPackage.warnings).toEqual([warning]);
    const ofModule = await project(text('./lib.js'), { 'lib.ts': LIB }).compile('main.ts');
    expect(ofModule.warnings).toContainEqual(warning);
  });

  it('do not include calls whose results are used', async () => {
    const { output } = await both(
      {
        ...PACKAGE,
        'main.ts': `import { config, use } from 'lib';\nexport const keys = Object.keys(config);\n${f('use()')}`,
      },
      [['f']],
    );
    expect(output.virtines[0]!.inside.map(({ name }) => name)).not.toContain('keys');
  });

  it('do not include the settings of virtines themselves', async () => {
    const text = `import { configure, host } from '@colony/compiler/runtime';\nconfigure({ backend: 'wasm' });\n${f("'save' in host ? 1 : 2")}`;
    const { warnings, descriptors } = await project(text).compile('main.ts');
    expect(warnings).toEqual([]);
    expect(JSON.stringify(descriptors)).not.toContain('configure');
  });
});

describe('values that change', () => {
  const CONFIG =
    'export const config = { rate: 1 };\nexport let rate = 1;\nexport function setRate(x: number) { rate = x; }\nconst cache = new Map<number, number>();\nexport function memo(x: number) { if (!cache.has(x)) cache.set(x, x * 2); return cache.get(x); }\n';

  it.each([
    [
      'of an import, in a function',
      `import { config } from './lib.js';\nexport function set() { config.rate = 5; }\n${f('config.rate')}`,
      'main.ts:5:10',
      'main.ts:2:25',
    ],
    [
      'by another name',
      `const t: any = {};\nconst u = t;\nexport const set = () => { u.a = 1; };\n${f('t')}`,
      'main.ts:6:10',
      'main.ts:3:28',
    ],
    ['by a timer', `const t: any = {};\nsetTimeout(() => { t.a = 1; });\n${f('t')}`, 'main.ts:5:10', 'main.ts:2:20'],
    [
      'a variable, at the start and later',
      `let n = 0;\nn++;\nexport const inc = () => ++n;\n${f('n')}`,
      'main.ts:6:10',
      'main.ts:3:28',
    ],
    [
      'a variable that is declared twice',
      `var t: any = t || {};\nt.a = 1;\nvar t: any;\n${f('t')}`,
      'main.ts:6:10',
      'main.ts:6:10',
    ],
  ])('are refused: %s', async (_, main, at, change) => {
    const { error, refusals } = await project(main, { 'lib.ts': CONFIG }).refusals('main.ts');
    expect(refusals.map(({ rule, file, line, column }) => [rule, `${file}:${line}:${column}`])).toEqual([
      ['captured-mutable', at],
    ]);
    expect(error.message).toContain(change);
  });

  it.each([
    [
      'a setter of another module',
      `import { rate, setRate } from './lib.js';\nexport { setRate };\n${f('rate')}`,
      /^lib\.ts:3:38: a change of `rate` by the host/,
    ],
    [
      'another module',
      `import { config } from './lib.js';\nimport { set } from './admin.js';\nexport { set };\n${f('config.rate')}`,
      /^admin\.ts:2:25: a change of `config` by the host/,
    ],
    [
      'a memo',
      `import { memo } from './lib.js';\n${f('memo(2)')}`,
      /^lib\.ts:5:\d+: its change of `cache` is gone after the call/,
    ],
  ])('have a warning: %s', async (_, main, text) => {
    const admin = "import { config } from './lib.js';\nexport function set() { config.rate = 5; }\n";
    const { warnings } = await project(main, { 'lib.ts': CONFIG, 'admin.ts': admin }).compile('main.ts');
    expect(warnings).toEqual([expect.stringMatching(text)]);
  });
});

describe('the language and the time zone of the host', () => {
  const LANGUAGE = /depends on the language of the host/;
  const ZONE = /counts in the time zone of the host/;
  it.each([
    ['an order', `${f("['b', 'a'].sort((a, b) => a.localeCompare(b))")}`, LANGUAGE, 'main.ts:3:36'],
    ['a number', `${f('n.toLocaleString()', 'n: number')}`, LANGUAGE, 'main.ts:3:10'],
    ['a date in words', `${f("n?.toLocaleDateString('de')", 'n?: Date')}`, LANGUAGE, 'main.ts:3:10'],
    ['an hour', `${f('d.getHours() + d.getMinutes()', 'd: Date')}`, ZONE, 'main.ts:3:10'],
    ['by its name in text', `${f("d['getHours']()", 'd: Date')}`, ZONE, 'main.ts:3:10'],
    [
      'a day that is added',
      `const next = (d: Date) => d.setDate(d.getDate() + 1);\n${f('next(d)', 'd: Date')}`,
      ZONE,
      'main.ts:1:27',
    ],
    ['a date', `${f('new Date(2024, 0, 31)')}`, ZONE, 'main.ts:3:10'],
    ['in another module', `import { hour } from './lib.js';\n${f('hour(new Date(0))')}`, ZONE, 'lib.ts:1:35'],
  ])('have one warning, at their use: %s', async (_, main, text, at) => {
    const lib =
      'export const hour = (d: Date) => [d.getHours(), d.getHours()];\nexport const other = (d: Date) => d.getHours();\n';
    const { warnings } = await project(main, { 'lib.ts': lib }).compile('main.ts');
    expect(warnings).toEqual([expect.stringMatching(text)]);
    expect(warnings[0]).toContain(at);
  });

  it.each([
    ['methods of UTC', f('[d.getUTCHours(), d.toISOString(), d.getTime()]', 'd: Date')],
    ['dates of one number, or of text', f("[new Date(0), new Date('2024-01-01T00:00:00Z'), Date.UTC(2024, 0, 31)]")],
    [
      'a class of that name',
      `class Date2 { constructor(public a: number, public b: number) {} }\n${f('new Date2(1, 2)')}`,
    ],
    ['a function that is not reached', `export const hour = (d: Date) => d.getHours();\n${f('1')}`],
  ])('are not in %s', async (_, main) => {
    expect((await project(main).compile('main.ts')).warnings).toEqual([]);
  });

  it('differ in a context as the warnings describe', async () => {
    const main = f(
      "[['b', 'B', 'a'].sort((a, b) => a.localeCompare(b)), (1234.5).toLocaleString(), new Date(2024, 0, 31)]",
    );
    const { isolated } = await both({ 'main.ts': main }, [['f']]);
    expect(isolated).toEqual([[['B', 'a', 'b'], '1234.5', new Date(Date.UTC(2024, 0, 31))]]);
  });
});

describe('time and chance at module level are those of the host', () => {
  const CASES: readonly (readonly [name: string, text: string, value?: string])[] = [
    ['a method', 'const u = { make: () => Math.random() };\nconst id = u.make();'],
    ['a static method', 'class G { static make() { return Math.random(); } }\nconst id = G.make();'],
    [
      'a method of an instance',
      'class B { make() { return Math.random(); } }\nclass G extends B {}\nconst id = new G().make();',
    ],
    ['a field', 'class G { id = Math.random(); }\nconst gen = new G();\nconst id = gen.id;'],
    ['a function that is called where it stands', 'const id = (() => Math.random())();'],
    ['a callback', 'const id = [1].map(() => Math.random())[0]!;'],
    ['a callback by name', 'const make = () => Date.now() + Math.random();\nconst [id] = Array.from([1], make);'],
    ['another name', 'const rnd = Math.random;\nconst id = rnd();'],
    ['an inner function', 'function make() { const inner = () => Math.random(); return inner(); }\nconst id = make();'],
    ['a function of another module', "import { make } from './lib.js';\nconst id = make();"],
    [
      'a class of another module',
      "import { Gen } from './lib.js';\nconst gen = new Gen();\nexport const id = gen.next();",
    ],
  ];
  const LIB =
    'export const make = () => Math.random();\nexport class Gen { next() { return Math.random(); } }\nexport const made = Math.random();\n';
  for (const [name, text] of CASES) {
    it(name, async () => {
      const main = `${text}\n${f('id === x', 'x: unknown')}export const g = () => f(id);\n`;
      const { results, output } = await same(withLib(main, LIB), [['g']]);
      expect(results).toEqual([true]);
      expect(output.warnings).toEqual([]);
    });
  }

  it.each([
    ['a value of another module', `import { made } from './lib.js';\n${f('made')}`, 'lib.ts:3:14'],
    ['a static field', `class G { static id = Math.random(); }\n${f('G.id')}`, 'main.ts:1:7'],
  ])('or there is a warning with the line: %s', async (_, main, at) => {
    const { warnings } = await project(main, { 'lib.ts': LIB }).compile('main.ts');
    expect(warnings).toEqual([expect.stringMatching(new RegExp(`^${at}: .* is made again in the context`))]);
  });

  it('or there is one warning for a package', async () => {
    const files = {
      'node_modules/ids/package.json': '{ "name": "ids", "type": "module", "main": "index.js" }',
      'node_modules/ids/index.js': 'export const a = Math.random();\nexport const b = Math.random();\n',
    };
    const { warnings } = await project(`import { a, b } from 'ids';\n${f('a + b')}`, files).compile('main.ts');
    expect(warnings).toEqual([
      expect.stringMatching(/^node_modules\/ids\/index\.js:1:14: .*`a` \(and 1 more of the package\) depends on time/),
    ]);
  });
});

/** A package in the folder of the module. */
function packageFiles(name: string): Files {
  const exports = { '.': './index.js', './jsx-runtime': './runtime.js', './h/jsx-runtime': './runtime.js' };
  const at = `app/node_modules/${name}`;
  return {
    [`${at}/package.json`]: JSON.stringify({ name, type: 'module', exports }),
    [`${at}/index.js`]:
      "export const createElement = (t, p, ...c) => (typeof t === 'function' ? t({ ...p, children: c }) : { t, p, c });\nexport const h = createElement;\nexport const Fragment = 'fragment';\nexport default { createElement, Fragment };\n",
    [`${at}/runtime.js`]:
      "export const jsx = (t, p) => (typeof t === 'function' ? t(p) : { auto: t, p });\nexport const jsxs = jsx;\nexport const Fragment = 'fragment';\n",
  };
}
const configured = (compilerOptions: object): Files => ({ 'tsconfig.json': JSON.stringify({ compilerOptions }) });

describe("the project's tsconfig.json applies to the virtine's own module", () => {
  const FIELDS = `class B { set x(v: number) { (this as any).y = v; } }\nclass A extends B { x = 1; }\n${f('(new A() as any).y')}`;
  const DECORATED = `const seen: string[] = [];\nfunction reg(c: any) { seen.push(c.name); }\nfunction dec(target: any, key: string) { target['$' + key] = true; }\n@reg\nexport class A { @dec x = 1; }\n${f('[seen, (new A() as any).$x]')}`;
  it.each<[string, Files]>([
    ['fields that are defined', { 'main.ts': FIELDS, ...configured({ target: 'es2022' }) }],
    [
      'fields that are assigned',
      { 'main.ts': FIELDS, ...configured({ target: 'es2022', useDefineForClassFields: false }) },
    ],
    ['its target', { 'main.ts': FIELDS, ...configured({ target: 'es2019' }) }],
    ['decorators of old', { 'main.ts': DECORATED, ...configured({ target: 'es2022', experimentalDecorators: true }) }],
    [
      'what it extends',
      {
        'main.ts': DECORATED,
        'tsconfig.json': '{ "extends": "./base.json" }',
        'base.json': '{ "compilerOptions": { "target": "es2022", "experimentalDecorators": true } }',
      },
    ],
    [
      'paths',
      {
        'main.ts': `import { x } from '@lib/x';\n${f('x')}`,
        'lib/x.ts': 'export const x = 4;\n',
        ...configured({ paths: { '@lib/*': ['./lib/*'] } }),
      },
    ],
    [
      'a module that imports it back',
      {
        'main.ts': `import { g } from './g.js';\nexport const x = 2;\n${f('g()')}`,
        'g.ts': "import { x } from './main.js';\nexport const g = () => x + 1;\n",
      },
    ],
  ])('%s', async (_, files) => {
    await same(files);
  });
});

describe('JSX', () => {
  const PART = 'const A = ({ n }: any) => <b id="z">{n}</b>;\n';
  it.each<[name: string, main: string, options?: object]>([
    ['as React has it: classic', `import React from 'react';\n${PART}${f('<><A n="x" /></>')}`],
    [
      'as React has it: all of it under one name',
      `import * as React from 'react';\nconst motion = { div: ({ n }: any) => <i>{n}</i> };\n${f('<motion.div n="x" />')}`,
    ],
    ['as React has it: automatic', `${PART}${f('<A n="x" />')}`, { jsx: 'react-jsx' }],
    ['as Preact has it: automatic', `${PART}${f('<A n="x" />')}`, { jsx: 'react-jsx', jsxImportSource: 'preact' }],
    [
      'as Preact has it: by tsconfig.json',
      `import { h, Fragment } from 'preact';\n${PART}${f('<><A n="x" /></>')}`,
      { jsx: 'react', jsxFactory: 'h', jsxFragmentFactory: 'Fragment' },
    ],
    [
      'by a comment: a function',
      `/** @jsx el */\nconst el = (t: any, p: any, ...c: any[]) => ({ t, p, c });\n${f('<b id="a">x</b>')}`,
    ],
    ['by a comment: a package', `/** @jsxRuntime automatic @jsxImportSource preact */\n${f('<b id="a">x</b>')}`],
    ['at the top level', `import React from 'react';\n${PART}const made = <A n="x" />;\n${f('made')}`],
  ])('%s', async (_, main, options) => {
    await same({
      'app/main.tsx': main,
      ...packageFiles('react'),
      ...packageFiles('preact'),
      ...(options && configured(options)),
    });
  });

  it.each(['react', 'solid-js'])('that is left to another tool is made by the functions of %s', async (name) => {
    const made = await project('', {
      'app/main.tsx': `${PART}${f('<A n="x" />')}`,
      ...packageFiles(name),
      ...configured({ jsx: 'preserve', ...(name === 'react' ? {} : { jsxImportSource: name }) }),
    }).compile('app/main.tsx');
    expect(made.descriptors[0]!.source).toContain('auto: t');
  });
});

describe('objects of classes', () => {
  const POINT = 'class P { #y = 1; constructor(public x: number) {} len() { return this.#y; } }\n';
  it('cross if the program makes them itself', async () => {
    await same(`${POINT}const p = new P(2);\n${f('[p instanceof P, p.len(), p.x]')}`);
  });

  it.each([
    ['of the host', `${POINT}const p = new P(process.pid);\n${f('p.x')}`, 'main.ts:5:10'],
    [
      'of a parameter',
      `${POINT}const make = (p: P) => async () => { 'use virtine'; return p.x; };\nexport const f = () => make(new P(1))();\n`,
      'main.ts:2:60',
    ],
  ])('whose fields are read have a warning: %s', async (_, main, at) => {
    const { output } = await same(main);
    expect(output.warnings).toEqual([expect.stringMatching(new RegExp(`^${at}: .*object of the class \`P\``))]);
  });

  it.each([
    ['a method', 'p.len()', 'main.ts:5:10'],
    ['its class', 'p instanceof P', 'main.ts:5:10'],
    ['all of it', '[p]', 'main.ts:5:11'],
  ])('are refused if the virtine uses %s', async (_, expression, at) => {
    const main = `${POINT}const p = new P(process.pid);\n${f(expression)}`;
    const { refusals } = await project(main).refusals('main.ts');
    expect(refusals.map(({ rule, file, line, column }) => [rule, `${file}:${line}:${column}`])).toEqual([
      ['unmarshalable', at],
    ]);
  });

  it('that only the running program knows have one warning', async () => {
    const said: Error[] = [];
    const listen = (warning: Error) => void said.push(warning);
    process.on('warning', listen);
    const main = `${POINT}const make = (p: any) => async () => { 'use virtine'; return p.x; };\nexport const f = () => make(new P(1))();\nexport const g = () => make({ x: 2 })();\n`;
    await same(main, [['g'], ['f'], ['f']]);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(said.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^main\.ts:2:26: .*`p`, an object of the class `P`/),
    ]);
  });
});

describe('state that a method keeps', () => {
  const LATER: readonly (readonly [name: string, text: string, call: string, expression: string, lib?: string])[] = [
    ['a field', 'class C { n = 0; inc() { this.n++; } }\nconst c = new C();', 'c.inc()', 'c.n'],
    [
      'by way of another',
      'class C { n = 0; #up() { this.n++; } two() { this.#up(); } }\nconst c = new C();',
      'c.two()',
      'c.n',
    ],
    ['a static, as `this`', 'class C { static n = 0; static inc() { this.n++; } }', 'C.inc()', 'C.n'],
    ['a static, by its class', 'class C { static n = 0; static inc() { C.n++; } }', 'C.inc()', 'C.n'],
    ['of an object', 'const s = { n: 0, inc() { this.n++; } };', 's.inc()', 's.n'],
    [
      'a variable around it',
      'const c = (() => { let n = 0; return { inc: () => { n++; }, get: () => n }; })();',
      'c.inc()',
      'c.get()',
    ],
    [
      'a list around it',
      'const c = (() => { const t: any[] = []; return { add1(x: any) { t.push(x); }, get: () => t }; })();',
      'c.add1(1)',
      'c.get()',
    ],
    ['a function', 'const next = (() => { let n = 0; return () => ++n; })();', 'next()', 'next()'],
    ['a generator', 'const g = (function* () { let i = 0; while (true) yield i++; })();', 'g.next()', 'g.next().value'],
    ['a pattern', 'const re = /a/g;', "re.test('aa')", "re.test('a')"],
    [
      'an object of an imported class',
      "import { C } from './lib.js'; const c = new C();",
      'c.inc()',
      'c.n',
      'export class C { n = 0; inc() { this.n++; } }',
    ],
    [
      'an imported object',
      "import { c } from './lib.js';",
      'c.inc()',
      'c.get()',
      'export const c = (() => { let n = 0; return { inc: () => { n++; }, get: () => n }; })();',
    ],
  ];
  it.each(LATER)('is a warning if the host calls it later: %s', async (_, text, call, expression, lib) => {
    const main = `${text} export const go = () => { ${call}; };\n${f(expression!)}`;
    const { output } = await both(withLib(main, lib ?? ''), [['go']]);
    const where = `main.ts:${main.slice(0, main.indexOf(call!, main.indexOf('go ='))).split('\n').length}:`;
    expect(output.warnings).toContainEqual(expect.stringContaining('by this call does not reach the context'));
    expect(output.warnings.some((warning) => warning.startsWith(where))).toBe(true);
  });

  it('is not a warning if the call changes nothing, or the virtine does not use it', async () => {
    const text =
      'class C { n = 0; get() { return this.n; } inc() { this.n++; } }\nconst c = new C(), d = new C();\nconst re = /a/;\n';
    const main = `${text}export const go = () => [c.get(), d.inc(), re.test('a'), 'a'.replace(/a/g, 'b')];\n${f("[c.get(), re.test('b')]")}`;
    expect((await same(main)).output.warnings).toEqual([]);
  });

  it.each([
    ['a method of `Date`', 'const x = new Date(0);', 'x.setTime(5)'],
    ['a view', 'const x = new Uint8Array(2);', 'new DataView(x.buffer).setUint8(1, 4)'],
    ['random bytes', 'const x = new Uint8Array(2);', 'crypto.getRandomValues(x)'],
    [
      'a parameter that it is when nothing is given',
      'const x: number[] = [];\nfunction add(n: number, l = x) { l.push(n); }',
      'add(1)',
    ],
  ])('is refused if a function of the host changes it by %s', async (_, text, call) => {
    const { refusals } = await project(`${text}\nexport const go = () => { ${call}; };\n${f('x')}`).refusals('main.ts');
    expect(refusals.map(({ rule, subject }) => [rule, subject])).toEqual([['captured-mutable', 'x']]);
  });
});

describe('functions and classes that the host makes', () => {
  it.each<readonly [name: string, text: string, expression: string, lib?: string]>([
    [
      'a class that a package makes',
      "import { BigNumber } from 'bignumber.js';\nconst BN = BigNumber.clone({ DECIMAL_PLACES: 3 });\nBN.config({ DECIMAL_PLACES: 2 });\n",
      'new BN(1).div(3).toString()',
    ],
    [
      'a function that a module makes',
      "import { make } from './lib.js';\nconst get = make();\n",
      'typeof get()',
      'export function make() {\n  const id = Math.random();\n  return () => id;\n}\n',
    ],
  ])('are made again if they may depend on chance, with a warning: %s', async (_, text, expression, lib) => {
    const { output } = await same(withLib(`${text}${f(expression!)}`, lib ?? ''));
    expect(output.virtines[0]!.policy).toEqual({ random: true });
    expect(output.warnings).toContainEqual(expect.stringMatching(/^main\.ts:2:7: .*is made again in the context/));
  });

  const CALLED: readonly (readonly [name: string, main: string, at: string])[] = [
    ['a call', `const log = process.env['NO'] ? (x: any) => x : (x: any) => -x;\n${f('log(1)')}`, 'main.ts:4:10'],
    ['`bind`', `const now = Date.now.bind(Date);\n${f('now()')}`, 'main.ts:4:10'],
    ['an import that waits', `const { add } = await import('./lib.js');\n${f('add(1)!')}`, 'main.ts:4:10'],
    [
      '`new`',
      `class A { static make() { const id = Math.random(); return class { id = id; }; } }\nconst B = A.make();\n${f('new B()')}`,
      'main.ts:5:14',
    ],
    ['`instanceof`', `const K = process.pid ? Map : Set;\n${f('[] instanceof (K as any)')}`, 'main.ts:4:25'],
    ['a parameter', "export const f = (cb: any) => async () => { 'use virtine'; return cb(2); };\n", 'main.ts:1:67'],
    [
      'a parameter that is the virtine',
      "import { virtine } from '@colony/compiler/runtime';\nexport const make = (fn: () => number) => virtine(fn);\n",
      'main.ts:2:51',
    ],
  ];
  it.each(CALLED)('are refused as arguments of a call: %s', async (_, main, at) => {
    const { refusals } = await project(main, { 'lib.ts': 'export const add = (n: number) => n + 1;\n' }).refusals(
      'main.ts',
    );
    expect(refusals.map(({ rule, file, line, column }) => [rule, `${file}:${line}:${column}`])).toEqual([
      ['unmarshalable', at],
    ]);
  });

  it('are permitted if the virtine checks first whether they exist', async () => {
    await same(
      "const make = (cb?: any) => async () => { 'use virtine'; return cb ? cb(2) : 5; };\nexport const f = () => make()();\n" +
        "const other = (cb?: any) => async () => { 'use virtine'; return cb?.(2) ?? 6; };\nexport const g = () => other()();\n",
      [['f'], ['g']],
    );
  });
});

describe('variables of functions around the virtine', () => {
  const all = 'export const f = () => Promise.all(all.map((g) => g()));\n';
  it('are those of each turn of a loop', async () => {
    await same(
      `const all: any[] = [];\nfor (let i = 0; i < 3; i++) all.push(async () => { 'use virtine'; return i; });\nfor (const k of ['a']) all.push(async () => { 'use virtine'; return k; });\nfor (const k in { z: 1 }) all.push(async () => { 'use virtine'; return k; });\n${all}`,
    );
  });

  it('may be assigned before the virtine is made', async () => {
    await same(
      `function make(n: number) { let t: any; if (n > 1) t = { a: n }; else t = 0; return async () => { 'use virtine'; return t; }; }\nconst all = [make(1), make(2)];\n${all}`,
    );
  });

  it.each([
    [
      'later',
      "function make() { let t = 1; const g = async () => { 'use virtine'; return t; }; t = 2; return g; }\nexport { make };\n",
    ],
    [
      'in the loop',
      "const all: any[] = [];\nfor (let t = 0; t < 6; t++) { all.push(async () => { 'use virtine'; return t; }); t++; }\n",
    ],
    [
      'in a loop around both',
      "const all: any[] = [];\nfunction make() { let t = 0; for (const i of [1, 2]) { t += i; all.push(async () => { 'use virtine'; return t; }); } }\nexport { make };\n",
    ],
    [
      'by a function',
      "function make() { let t = 0; const set = () => { t = 1; }; const g = async () => { 'use virtine'; return t; }; return [g, set]; }\nexport { make };\n",
    ],
  ])('are refused if they change %s', async (_, main) => {
    const { refusals } = await project(main).refusals('main.ts');
    expect(refusals.map(({ rule, subject }) => [rule, subject])).toEqual([['captured-mutable', 't']]);
  });
});

describe('origins and hosts that are one of several, or have another name', () => {
  const TABLE = "const A = 'https://a.example', B = 'https://b.example';\nconst URLS = { a: A, b: B + '/b' };\n";
  const BOTH = [
    { origin: 'https://a.example', methods: ['GET'] },
    { origin: 'https://b.example', methods: ['GET'] },
  ];
  const asking = (body: string) =>
    `${TABLE}export async function f(p?: any) {\n  'use virtine';\n  if (p === undefined) return 1;\n  ${body}\n}\n`;
  it.each([
    ['a condition', 'return (await fetch(p ? A : B)).status;'],
    ['a condition, in a variable', 'const url = p ? A : B;\n  return (await fetch(url)).status;'],
    [
      'a condition, in a variable that is used twice',
      'const url = p ? A : B;\n  await fetch(url);\n  return (await fetch(url + "/x")).status;',
    ],
    ['a condition, with a path', `return (await fetch(\`\${p ? A : B}/x/\${p}\`)).status;`],
    ['a table', "return (await fetch(URLS[p as 'a'] + '/x')).status;"],
  ])('%s', async (_, body) => {
    const { output } = await same(asking(body));
    expect(output.virtines[0]!.policy).toEqual({ fetch: BOTH });
  });

  it.each([
    ['a condition without a path', `return (await fetch(\`\${p ? A : B}\${p}\`)).status;`],
    ['a table without a path', "return (await fetch(URLS[p as 'a'] + p)).status;"],
    ['a value before a table', "return (await fetch((p || URLS.a) + '/x')).status;"],
  ])('refuses %s', async (_, body) => {
    const { refusals } = await project(asking(body)).refusals('main.ts');
    expect(refusals.map(({ rule, subject }) => [rule, subject])).toEqual([['dynamic-capability', 'fetch']]);
  });

  it('accepts a method that is one of several, in a variable', async () => {
    const body =
      "const method = p ? 'PUT' : 'POST';\n  await fetch(A, { method });\n  return (await fetch(A, { method })).status;";
    const { output } = await same(asking(body));
    expect(output.virtines[0]!.policy).toEqual({ fetch: [{ origin: 'https://a.example', methods: ['POST', 'PUT'] }] });
  });

  it.each([
    ['is assigned to again', 'let url = p ? A : B;\n  if (p > 1) url = p;\n  return (await fetch(url)).status;'],
    ['is of another one', 'const { url } = p ? { url: A } : p;\n  return (await fetch(url)).status;'],
    ['is a name for itself', 'const url: any = p ? A : url;\n  return (await fetch(url)).status;'],
  ])('refuses a variable that %s', async (_, body) => {
    const { refusals } = await project(asking(body)).refusals('main.ts');
    expect(refusals.map(({ rule, subject }) => [rule, subject])).toEqual([['dynamic-capability', 'fetch']]);
  });

  it('accepts another name for fetch and for host', async () => {
    const main = `import { host } from '@colony/compiler/runtime';\nconst h = host as any;\nconst get = fetch;\n${asking("return h.lookup('k') + (await get('https://a.example/x')).status;")}`;
    const { output } = await same(main);
    expect(output.virtines[0]!.policy).toMatchObject({ fetch: [BOTH[0]], hypercalls: { lookup: {} } });
  });

  it('refuses a host that is passed on by another name', async () => {
    const main = `import { host } from '@colony/compiler/runtime';\nconst h = host as any;\n${asking('return h[p](1);')}`;
    const { refusals } = await project(main).refusals('main.ts');
    expect(refusals.map(({ rule }) => rule)).toEqual(['dynamic-capability']);
  });
});

it('a function may be in parentheses and have assertions of its type', async () => {
  const main = `import { virtine } from '@colony/compiler/runtime';
type F = (n: number) => any;
function g(x: number) { return x; }
export const a = virtine(g as F);
export const b = virtine(g!);
export const c = virtine((g));
export const d = virtine(((x: number) => x) satisfies F);
export const fib = virtine((async (n: number): Promise<number> => (n < 2 ? n : (await fib(n - 1)) + (await fib(n - 2)))) as F, /* a, b */ { limits: {} }) as F;
`;
  const made = await project(main).load<Record<string, Virtine<(n: number) => unknown>>>('main.ts');
  expect(await Promise.all(['a', 'b', 'c', 'd', 'fib'].map((name) => made[name]!(5)))).toEqual([5, 5, 5, 5, 5]);
});
