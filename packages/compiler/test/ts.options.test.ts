/**
 * The grants in a virtine's options are a constant that is proved, built in and checked when it runs; or they are
 * refused.
 */
import type { ColonyError, Policy } from '@colony/core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { Project, project } from './ts/project.js';

const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;
const CLOCK = { clock: true };

/** Source of one virtine with these options. */
const source = (options: string, before = '', after = '') =>
  `${IMPORT}${before}\nexport const f = virtine((x: number) => x, ${options});\n${after}\n`;

async function effective(options: string, before = '', after = ''): Promise<Policy> {
  const { virtines } = await project(source(options, before, after)).compile('main.ts');
  return virtines[0]!.effective;
}

const FIXED = { clock: { fixed: 946684800000 }, random: { seed: 'colony' } };
const FROZEN = 'Object.freeze({ fetch: Object.freeze([Object.freeze({ origin: "https://a.example" })]) })';
const FETCH = { fetch: [{ origin: 'https://a.example' }] };

type Proved = [name: string, policy: Policy, options: string, before?: string, after?: string];
const PROVED: readonly Proved[] = [
  ['no options', {}, '{}'],
  ['undefined', {}, '{ policy: undefined }'],
  ['one that is written out', CLOCK, '{ policy: { clock: true } }'],
  ['the last of two', CLOCK, '{ policy: {}, ["policy"]: { clock: true } }'],
  [
    'one after a spread of anything',
    CLOCK,
    '{ ...more(), policy: { clock: true }, limits: undefined, accept: [] }',
    'declare const more: any;',
  ],
  [
    'one in a spread constant',
    CLOCK,
    '{ policy: {}, ...more }',
    'const more = { policy: { clock: true }, console: () => {} };',
  ],
  [
    'a spread in it',
    { ...CLOCK, console: true },
    '{ policy: { ...base, console: true } }',
    'const base = { clock: true, console: false };',
  ],
  ['options with a name', CLOCK, 'options', 'const options = { backend: "wasm", policy: { clock: true } };'],
  [
    'a constant that others read',
    CLOCK,
    '{ policy }',
    'const policy = { clock: true } as const;\nconsole.log(policy.clock, typeof policy);',
  ],
  [
    'a constant of two virtines',
    CLOCK,
    '{ policy }',
    'const policy = { clock: true };',
    'export const g = virtine(() => 1, { policy });',
  ],
  ['a member', CLOCK, '{ policy: ALL.time }', 'const ALL = { time: { clock: true }, none: {} };'],
  ['a computed member', CLOCK, '{ policy: ALL["ti" + "me"] }', 'const ALL = { time: { clock: true } };'],
  ['an exported constant that is frozen', FETCH, '{ policy }', `export const policy = ${FROZEN};`],
  [
    'a frozen constant that is handed on',
    FETCH,
    '{ policy }',
    `const policy = ${FROZEN};\ndeclare const use: any;\nuse(policy, policy.fetch);`,
  ],
  ['a preset', FIXED, '{ policy: deterministic }', "import { deterministic } from '@colony/core';"],
  [
    'a preset under the name of another',
    FIXED,
    '{ policy: pure }',
    "import { deterministic as pure } from '@colony/core';",
  ],
  ['a preset of a namespace', FIXED, '{ policy: core.deterministic }', "import * as core from '@colony/core';"],
  [
    'what narrow makes',
    { all: [FIXED, CLOCK] },
    '{ policy: less(deterministic, { clock: true }) }',
    "import { deterministic, narrow as less } from '@colony/core';",
  ],
  [
    'limits',
    { limits: { memory: 67108864, wallTime: '5 s' } },
    "{ limits: { memory: 64 * 1024 ** 2, wallTime: '5 s' } }",
  ],
  ['an invalid limit', { limits: { wallTime: Number.POSITIVE_INFINITY } }, '{ limits: { wallTime: Infinity } }'],
  [
    'limits of a written policy',
    { ...CLOCK, limits: { hypercalls: 3 } },
    '{ policy: { clock: true }, limits: { hypercalls: 3 } }',
  ],
  [
    'limits beside those of the policy, which they narrow',
    { all: [{ limits: { hypercalls: 3 } }, { inherit: true, limits: { hypercalls: 9 } }] },
    '{ policy: { limits: { hypercalls: 3 } }, limits: { hypercalls: 9 } }',
  ],
];

type Refused = [name: string, why: RegExp, options: string, before?: string, after?: string];
const REFUSED: readonly Refused[] = [
  ['an import', /`policy` comes from '\.\/lib\.js'/, '{ policy }', "import { policy } from './lib.js';"],
  [
    'a preset of somebody else',
    /`deterministic` comes from '\.\/lib\.js'/,
    '{ policy: deterministic }',
    "import { deterministic } from './lib.js';",
  ],
  [
    'a member of an import',
    /`lib` comes from '\.\/lib\.js'/,
    '{ policy: lib.policy }',
    "import * as lib from './lib.js';",
  ],
  ['a condition', /depends on a condition/, '{ policy: process.env.X ? { clock: true } : {} }'],
  ['a default', /depends on a condition/, '{ policy: given ?? {} }', 'declare const given: any;'],
  ['a call', /the result of a call/, '{ policy: JSON.parse("{}") }'],
  [
    'a freeze of somebody else',
    /the result of a call/,
    '{ policy: lib.freeze({}) }',
    "import * as lib from './lib.js';",
  ],
  [
    'an Object of somebody else',
    /the result of a call/,
    '{ policy: Object.freeze({}) }',
    "import { Object } from './lib.js';",
  ],
  ['a spread of anything after it', /not an object literal/, '{ policy: {}, ...more() }', 'declare const more: any;'],
  ['a spread of anything in it', /the result of a call/, '{ policy: { ...more() } }', 'declare const more: any;'],
  ['a computed option', /the name of an option is computed/, '{ [key]: {} }', 'declare const key: any;'],
  ['a getter', /`policy` is computed when it is read/, '{ get policy() { return {}; } }'],
  ['a getter in it', /`clock` is computed when it is read/, '{ policy: { get clock() { return true; } } }'],
  ['a prototype', /have a prototype/, '{ __proto__: { policy: {} } }'],
  ['a prototype in it', /it has a prototype/, '{ policy: { __proto__: {} } }'],
  ['spread arguments', /not an object literal/, '...[{ policy: {} }]'],
  [
    'an option by a condition',
    /not an object literal/,
    '{ policy: {}, ...(process.env.X ? { policy: { clock: true } } : {}) }',
  ],
  [
    'a variable',
    /`policy` is assigned to again \(main\.ts:4:1\)/,
    '{ policy }',
    'let policy: any = {};',
    'policy = { clock: true };',
  ],
  [
    'a change',
    /`policy` may be changed \(main\.ts:4:1\)/,
    '{ policy }',
    'const policy: any = {};',
    'policy.clock = true;',
  ],
  [
    'a change that is deeper',
    /`policy` may be changed/,
    '{ policy }',
    'const policy: any = { env: ["A"] };',
    'policy.env.push("B");',
  ],
  [
    'a change by Object.assign',
    /`policy` may be changed/,
    '{ policy }',
    'const policy: any = {};\nObject.assign(policy, { clock: true });',
  ],
  [
    'a change by a function that gets it',
    /`policy` may be changed/,
    '{ policy }',
    'const policy: any = {};\nconst grow = (x: any) => { x.clock = true; };\ngrow(policy);',
  ],
  [
    'a change under another name',
    /`same` may be changed/,
    '{ policy }',
    'const policy: any = {};\nconst same = policy;\nsame.clock = true;',
  ],
  [
    'a change of what holds it',
    /may be changed/,
    '{ policy }',
    'const policy: any = {};\nconst all = { policy };\nall.policy.clock = true;',
  ],
  [
    'a change of what is in it',
    /may be changed/,
    '{ policy }',
    'const env = ["A"];\nconst policy = { env };\nenv.push("B");',
  ],
  [
    'a change by what a function of its options does',
    /may be changed/,
    '{ policy, hypercalls: { f() { policy.clock = true; } } }',
    'const policy: any = {};',
  ],
  [
    'a change of the options',
    /`options` may be changed/,
    'options',
    'const options: any = { policy: {} };\noptions.policy = { clock: true };',
  ],
  [
    'one that is exported',
    /`policy` is exported, so other modules can change it/,
    '{ policy }',
    'export const policy = {};',
  ],
  ['one that is exported later', /`policy` may be changed/, '{ policy }', 'const policy = {};', 'export { policy };'],
  [
    'one that is exported as the default',
    /`policy` may be changed/,
    '{ policy }',
    'const policy = {};',
    'export default policy;',
  ],
  [
    'one that is frozen, but not what is in it',
    /is exported/,
    '{ policy }',
    'export const policy = Object.freeze({ env: ["A"] });',
  ],
  [
    'one that is returned',
    /`policy` may be changed/,
    '{ policy }',
    'const policy = {};\nexport const give = () => policy;',
  ],
  [
    'a parameter',
    /`policy` is not a constant/,
    'undefined',
    'export const make = (policy: any) => virtine(() => 1, { policy });',
  ],
  ['what is taken apart', /`policy` is not a constant/, '{ policy }', 'const { policy } = { policy: {} };'],
  ['itself', /`policy` holds itself/, '{ policy }', 'const policy: any = { ...policy };'],
  ['a list', /it is not a policy/, '{ policy: [] }'],
  [
    'limits by a condition',
    /option `limits` is not proved.*condition/,
    '{ limits: process.env.X ? {} : { memory: "1 GiB" } }',
  ],
  ['accept by a call', /option `accept` is not proved.*call/, '{ accept: names() }', 'declare const names: any;'],
];

describe('grants of the options are proved', () => {
  it.each<Proved>(PROVED)('%s', async (_name, policy, options, before, after) => {
    expect(await effective(options, before, after)).toEqual(policy);
  });
});

describe('options without a proof are refused, with a remedy', () => {
  it.each<Refused>(REFUSED)('%s', async (_name, why, options, before, after) => {
    const { error, refusals } = await project(source(options, before, after)).refusals('main.ts');
    expect(refusals.map(({ rule }) => rule)).toEqual(['unproved-options']);
    expect(error.message).toMatch(why);
    expect(error.message).toMatch(/main\.ts:\d+:\d+: virtine `\w+`: .* \(REF-015\)\n {4}what to do: \S/);
  });
});

it('takes limits of the project if neither options nor policy have them', async () => {
  const text = `${IMPORT}export const f = virtine(() => 1, { limits: { memory: 5_000_000 } });
export const g = virtine(() => 1, { policy: { limits: { hypercalls: 1 } } });\nexport const h = virtine(() => 1);\n`;
  const colony = { limits: { memory: '9 MB', wallTime: '3 s' } };
  const made = new Project({ 'main.ts': text, 'package.json': JSON.stringify({ type: 'module', colony }) });
  const { virtines } = await made.compile('main.ts');
  expect(virtines.map((virtine) => virtine.effective)).toEqual([
    { limits: { memory: 5_000_000, wallTime: '3 s' } },
    { limits: { hypercalls: 1 } },
    { limits: { memory: '9 MB', wallTime: '3 s' } },
  ]);
  const wrong = { 'main.ts': text, 'package.json': '{ "type": "module", "colony": { "limits": { "ram": 1 } } }' };
  expect(() => new Project(wrong)).toThrow(/package\.json: colony\.limits are not limits: .*ram/);
});

describe('a running virtine', () => {
  const text = `${IMPORT}declare const globalThis: { policy: any; Date: any };
const policy = { console: true };
const touch = (given: any) => given;
export const f = virtine((name: string) => (globalThis as any)[name].now() > 1e12, { policy, console: () => {}, backend: 'wasm' });
`;
  type Module = { f: Virtine<AnyFunction> };
  let code: string;
  beforeAll(async () => {
    code = (await project(text).compile('main.ts')).code;
  });

  /** Runs the compiled module with changed options, which no analysis saw. */
  async function run(options: string): Promise<unknown> {
    expect(code).toContain('{ policy, console: () => {}');
    const changed = code.replace('{ policy, console: () => {}', `{ ${options}, console: () => {}`);
    const made = await new Project({ 'out.ts': changed }).load<Module>('out.ts');
    try {
      return await made.f('Date').catch(({ code, details }: ColonyError) => [code, details.path]);
    } finally {
      await made.f.dispose();
    }
  }

  it('runs under the built policy', async () => {
    expect(await run('policy')).toEqual(['ERR_POLICY_DENIED', undefined]);
    expect(await run('policy: { console: true }')).toEqual(['ERR_POLICY_DENIED', undefined]);
  });

  it.each([
    ['a wider policy', 'policy: { console: true, clock: true }', 'options.policy'],
    ['another policy', 'policy: {}', 'options.policy'],
    ['no policy', 'policy: undefined', 'options.policy'],
    [
      'a policy that cannot be read',
      'policy: (() => { const all: any[] = []; all.push(all); return { all }; })()',
      'options.policy',
    ],
    ['limits', "policy, limits: { memory: '1 GiB' }", 'options.limits'],
    ['what is accepted', "policy, accept: ['node:fs']", 'options.accept'],
  ])('refuses %s that was not built', async (_name, options, path) => {
    expect(await run(options)).toEqual(['ERR_POLICY_DENIED', path]);
  });

  it('reads its options once', async () => {
    const getter =
      'get policy() { const self = globalThis as any; return (self.times = (self.times ?? 0) + 1) % 2 ? { console: true } : { clock: true }; }';
    expect(await run(getter)).toEqual(['ERR_POLICY_DENIED', undefined]);
  });
});
