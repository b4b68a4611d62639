import type { PolicyLayer } from '@colony/core';
import { describe, expect, it } from 'vitest';
import { project } from './ts/project.js';

const IMPORT = `import { virtine, host as h } from '@colony/compiler/runtime';\ndeclare const host: any, colony: any;\n`;
const policyOf = async (body: string, files: Record<string, string> = {}): Promise<PolicyLayer> => {
  const { virtines } = await project(
    `${IMPORT}export const f = virtine((x: any, y: any) => {\n${body}\n});\n`,
    files,
  ).compile('main.ts');
  return virtines[0]!.policy;
};

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: source text of the virtines
const LEAST: readonly [string, PolicyLayer][] = [
  ['return x + 1', {}],
  ['console.log(x)', { console: true }],
  ['return new Date(x).getTime() + Date.UTC(2000, 1)', {}],
  ['return x instanceof Date', {}],
  ['return new Date()', { clock: true }],
  ['return Date.now()', { clock: true }],
  ['return performance.now()', { clock: true }],
  ['return globalThis.performance.now()', { clock: true }],
  ['const D = Date; return new D()', { clock: true }],
  ['return Math.floor(x) + Math.PI', {}],
  ['return Math.random()', { random: true }],
  ['const { random } = Math; return random()', { random: true }],
  ['return crypto.randomUUID()', { random: true }],
  ['const { max, PI } = Math; return max(PI, x)', {}],
  ['const { max, ...rest } = Math; return rest', { random: true }],
  ['const { [x]: any } = Math; return any', { random: true }],
  ['const m = Math; return m.max(1, x)', {}],
  ['const m = x ? Math : y; return m.random()', { random: true }],
  ['return [Date, Map].some((C) => x instanceof C)', {}],
  ['const kinds = [Date, Map]; for (const C of kinds) if (x instanceof C) return true', {}],
  ['return [Date, Map].map((C) => x instanceof C)', { clock: true }],
  ['return [Date, Map].some((C) => new C())', { clock: true }],
  ['return [Date][0].now()', { clock: true }],
  ['const { now } = Date; return now()', { clock: true }],
  ['const { UTC } = Date; return UTC(2000, x)', {}],
  ['return Date && x.constructor === Date', {}],
  ['return ((d) => new d(0))(Date)', {}],
  ['return ((d) => d.now())(Date)', { clock: true }],
  ['const c = globalThis.console; c.log(x)', { console: true }],
  ['const g = globalThis; return g.performance.now()', { clock: true }],
  ['const { Math: m } = globalThis; return m.max(1, x)', {}],
  ['globalThis.fetch = x; return 1', {}],
  ['return host.a()', { hypercalls: { a: { args: [] } } }],
  ['return h.a(1, x) + h.a(2, y)', { hypercalls: { a: { args: [{ oneOf: [1, 2] }, true] } } }],
  ["return host['colony:clock']('wall')", { clock: true }],
  ["return host['a']('k', x)", { hypercalls: { a: { args: [{ equals: 'k' }, true] } } }],
  [
    'return host.a(1 + 2, `${1 + 2}a`, 1 + 2 + "b")',
    { hypercalls: { a: { args: [{ equals: 3 }, { equals: '3a' }, { equals: '3b' }] } } },
  ],
  ['const one = 1, two = 2; return host.a(one + two)', { hypercalls: { a: { args: [{ equals: 3 }] } } }],
  [
    "return host.a(x ? 1 : y ? 'two' : 3, x ? 1 : y)",
    { hypercalls: { a: { args: [{ oneOf: [1, 3, 'two'] }, true] } } },
  ],
  ['const one = x ? 1 : 2; return host.a(one)', { hypercalls: { a: { args: [{ oneOf: [1, 2] }] } } }],
  ["return host.a(`${x ? 'a' : 'b'}!`)", { hypercalls: { a: { args: [{ oneOf: ['a!', 'b!'] }] } } }],
  [
    "return host.a((x ? 1 : 2) + 3, 1 + (x ? 2 : 3), (x ? 1 : 2) + 'px', (x ? 'p' : 1) + 2)",
    {
      hypercalls: {
        a: { args: [{ oneOf: [4, 5] }, { oneOf: [3, 4] }, { oneOf: ['1px', '2px'] }, { oneOf: [3, 'p2'] }] },
      },
    },
  ],
  // The sum of two numbers, or a text.
  ['return host.a((x ? 1 : 2) + y)', { hypercalls: { a: { args: [true] } } }],
  // The table may lack the key, and no predicate holds `undefined`.
  ['const table = { a: 1, b: 2 }; return host.a(table[x])', { hypercalls: { a: { args: [true] } } }],
  ['return host.a(-0, 1e999)', { hypercalls: { a: { args: [true, true] } } }],
  ['return x.map(host.a)', { hypercalls: { a: true } }],
  ['return host.a(...x)', { hypercalls: { a: true } }],
  ['const { a, b } = host; return a(b())', { hypercalls: { a: true, b: true } }],
  ["return fetch('https://api.example.com/x')", { fetch: [{ origin: 'https://api.example.com', methods: ['GET'] }] }],
  [
    'return fetch(`https://a.example/${x}`, { method: "post", body: y })',
    { fetch: [{ origin: 'https://a.example', methods: ['POST'] }] },
  ],
  [
    "return fetch('https://a.example/', { method: x ? 'PUT' : y ? 'GET' : 'POST' })",
    { fetch: [{ origin: 'https://a.example', methods: ['GET', 'POST', 'PUT'] }] },
  ],
  [
    "const base = 'https://a.example'; return fetch(base + '/v1/' + x)",
    { fetch: [{ origin: 'https://a.example', methods: ['GET'] }] },
  ],
  [
    "return fetch('https://a.example/', { ...x, method: 'POST' })",
    { fetch: [{ origin: 'https://a.example', methods: ['POST'] }] },
  ],
  [
    "const o = { method: 'PUT' }; return fetch('https://a.example/', { method: 'POST', ...o })",
    { fetch: [{ origin: 'https://a.example', methods: ['PUT'] }] },
  ],
  [
    "const o = { cache: 'no-store' }; return fetch('https://a.example/', { method: 'POST', ...o })",
    { fetch: [{ origin: 'https://a.example', methods: ['POST'] }] },
  ],
  [
    "return fetch('https://a.example/', { method: x, method: 'PUT' })",
    { fetch: [{ origin: 'https://a.example', methods: ['PUT'] }] },
  ],
  [
    "const M = { a: 'PUT', b: 'POST' }; return fetch('https://a.example/', { method: M[x] })",
    { fetch: [{ origin: 'https://a.example', methods: ['GET', 'POST', 'PUT'] }] },
  ],
  [
    "const U = { a: 'https://a.example', b: 'https://b.example/v1' }; return fetch(U[x] + '/x')",
    {
      fetch: [
        { origin: 'https://a.example', methods: ['GET'] },
        { origin: 'https://b.example', methods: ['GET'] },
      ],
    },
  ],
  [
    'return fetch(`https://${x ? "a" : "b"}.example/${y}`)',
    {
      fetch: [
        { origin: 'https://a.example', methods: ['GET'] },
        { origin: 'https://b.example', methods: ['GET'] },
      ],
    },
  ],
  [
    "const N = ['one', 'two']; return host[N[x]](1)",
    { hypercalls: { one: { args: [{ equals: 1 }] }, two: { args: [{ equals: 1 }] } } },
  ],
  ["const N = ['one', 'two']; return host.log(N[x])", { hypercalls: { log: { args: [true] } } }],
  ['const here = host; return here.a(1)', { hypercalls: { a: { args: [{ equals: 1 }] } } }],
  ["const E = { a: 'LANG', b: 'HOME' }; return colony.env(E[x])", { env: ['HOME', 'LANG'] }],
  ["return colony.env('LANG')", { env: ['LANG'] }],
  ["return colony.fs.readText('/srv/a.txt')", { fs: { read: ['/srv/a.txt'] } }],
  ['return colony.fs.read(`/srv/data/${x}.csv`)', { fs: { read: ['/srv/data'] } }],
  ["colony.fs.write('/tmp/../srv/out/' + x, y)", { fs: { write: ['/srv/out'] } }],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: see above

describe('the least policy', () => {
  it.each(LEAST)('%s', async (body, policy) => {
    expect(await policyOf(body)).toEqual(policy);
  });

  it.each([
    "return fetch('https://a.example/', x)",
    "return fetch('https://a.example/', { method: 'GET', ...x })",
    "return fetch('https://a.example/', { [x]: 'POST' })",
    "const U = { a: 'https://a.example' }; U.b = x; return fetch(U[x])",
    'const N = { a: 1 }; return host[N[x]]()',
    "return host['colony:fs.list']('/srv')",
  ])('is refused if it is not known: %s', async (body) => {
    const made = project(`${IMPORT}export const f = virtine((x: any) => {\n${body}\n});\n`);
    expect((await made.refusals('main.ts')).refusals.map(({ rule }) => rule)).toEqual(['dynamic-capability']);
    const granted = `{ policy: { fetch: [{ origin: 'https://a.example', methods: ['PUT'] }], hypercalls: { one: true }, fs: { read: ['/srv'] } } }`;
    const written = project(`${IMPORT}export const f = virtine((x: any) => {\n${body}\n}, ${granted});\n`);
    expect((await written.compile('main.ts')).virtines[0]!.written).toMatchObject({ hypercalls: { one: true } });
  });

  it('holds needs that are reached through other files, and not those of unused code in them', async () => {
    const lib = `export const now = () => Date.now();\nexport const roll = () => Math.random();\nexport class Log { write(x: string) { console.log(x); } }\n`;
    const files = { 'lib.ts': lib };
    const main = `${IMPORT}import { now } from './lib.js';\nexport const f = virtine(() => now());\n`;
    const { virtines } = await project(main, files).compile('main.ts');
    expect(virtines[0]!.policy).toEqual({ clock: true });
    const [grant] = virtines[0]!.grants;
    expect(grant).toMatchObject({ grant: 'clock', what: 'Date.now' });
    expect(grant!.chain.map(({ name, file, line, column }) => `${name} ${file}:${line}:${column}`)).toEqual([
      'f main.ts:4:26',
      'now main.ts:4:32',
      'Date.now lib.ts:1:26',
    ]);
  });

  it('holds the needs of modules when they are loaded', async () => {
    const files = {
      'lib.ts': `console.log('loaded');\nexport const one = 1;\nexport const id = (x: number) => x + one;\n`,
    };
    const main = `${IMPORT}import { id } from './lib.js';\nexport const f = virtine((x: number) => id(x));\n`;
    const { virtines } = await project(main, files).compile('main.ts');
    expect(virtines[0]!.policy).toEqual({ console: true });
    expect(virtines[0]!.grants[0]!.chain.map(({ name }) => name)).toEqual([
      'f',
      'module initialisation of lib.ts',
      'console.log',
    ]);
    expect(virtines[0]!.initialisation).toContain('module initialisation of lib.ts');
  });

  it("leaves the module's own work to the host", async () => {
    const main = `${IMPORT}import { readFileSync } from 'node:fs';\nconsole.log(readFileSync('x'), process.argv);\nexport const f = virtine((x: number) => x);\nf(1);\n`;
    const { virtines } = await project(main).compile('main.ts');
    expect(virtines[0]!.policy).toEqual({});
    expect(virtines[0]!.inside.map(({ name }) => name)).toEqual(['f']);
  });
});

describe('a policy that a person wrote', () => {
  const main = (policy: string, body = 'console.log(Date.now()); return host.load("a", x);') =>
    project(
      `${IMPORT}const policy = ${policy} as const;\nexport const f = virtine((x: any) => {\n  ${body}\n}, { policy });\n`,
    );

  it('is used unchanged if it fits', async () => {
    const policy = `{ console: true, clock: { fixed: 0 }, hypercalls: { load: { args: [{ prefix: 'a' }, true], maxCalls: 3 } } }`;
    const { virtines, warnings, code } = await main(policy).compile('main.ts');
    expect(warnings).toEqual([]);
    expect(virtines[0]!.written).toMatchObject({ clock: { fixed: 0 } });
    expect(code).toContain('{ policy }');
  });

  it('has a warning with the name of each grant that is too wide', async () => {
    const policy = `{ console: true, clock: true, random: true, env: ['HOME'], hypercalls: { load: true, save: true },
      fs: { read: ['/srv'] }, fetch: [{ origin: 'https://a.example' }] }`;
    const { warnings } = await main(policy).compile('main.ts');
    expect(warnings.map((warning) => /grants (.*), which it does not use/.exec(warning)?.[1])).toEqual([
      "env 'HOME'",
      'fetch https://a.example',
      "fs.read '/srv'",
      'hypercalls.save',
      'random',
    ]);
    expect(warnings[0]).toMatch(/^main\.ts:5:26: virtine `f`: /);
  });

  const NARROW: readonly [string, string, RegExp][] = [
    ['{ clock: true, hypercalls: { load: true } }', 'console.log', /the policy has no console/],
    ['{ console: true, hypercalls: { load: true } }', 'Date.now', /the policy has no clock/],
    ['{ console: true, clock: true }', 'host.load', /the policy has no hypercalls\.load/],
    [
      "{ console: true, clock: true, hypercalls: { load: { args: [{ equals: 'b' }, true] } } }",
      'host.load',
      /argument 0/,
    ],
    [
      "{ console: true, clock: true, hypercalls: { load: { args: [true, true, { type: 'string' }] } } }",
      'host.load',
      /argument 2 is not of type string/,
    ],
    ['{ console: true, clock: true, hypercalls: { load: { args: [true] } } }', 'host.load', /at most 1 arguments/],
  ];
  it.each(NARROW)('is refused if it is too narrow: %s', async (policy, subject, reason) => {
    const { error, refusals } = await main(policy).refusals('main.ts');
    expect(refusals.map((refusal) => [refusal.rule, refusal.subject])).toEqual([['policy-too-narrow', subject]]);
    expect(error.message).toMatch(reason);
    expect(refusals[0]!.chain.map(({ name }) => name)).toEqual(['f', subject]);
  });

  it('bounds needs that are unknown at build time', async () => {
    const body = 'return host[x]()';
    const { refusals } = await project(`${IMPORT}export const f = virtine((x: any) => { ${body} });\n`).refusals(
      'main.ts',
    );
    expect(refusals[0]).toMatchObject({ rule: 'dynamic-capability' });
    const { virtines } = await main('{ hypercalls: { a: true } }', body).compile('main.ts');
    expect(virtines[0]!.written).toEqual({ hypercalls: { a: true } });
    expect((await main('{ console: true }', body).refusals('main.ts')).refusals[0]).toMatchObject({
      rule: 'policy-too-narrow',
    });
  });

  it('is an error if it is not a policy', async () => {
    await expect(main('{ consol: true }').compile('main.ts')).rejects.toMatchObject({ code: 'ERR_BAD_POLICY' });
  });

  it('may be one of the presets', async () => {
    const text = `${IMPORT}import { pure, deterministic } from '@colony/core';
export const f = virtine(() => Date.now(), { policy: deterministic });\nexport const g = virtine(() => Date.now(), { policy: pure });\n`;
    const { refusals } = await project(text).refusals('main.ts');
    expect(refusals.map(({ virtine, rule }) => [virtine, rule])).toEqual([['g', 'policy-too-narrow']]);
  });
});
