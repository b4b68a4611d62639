import { existsSync } from 'node:fs';
import { createContext, doctor, js } from '@colony/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { reportJson, reportText } from '../src/index.js';
import type { AnyFunction, Virtine } from '../src/runtime/index.js';
import { GUEST_GLOBALS, GUEST_MEMBERS } from '../src/ts/values/platform.js';
import { LIMITS } from './patient.js';
import { Project, project } from './ts/project.js';

type Module = Record<string, Virtine<AnyFunction>>;
const IMPORT = `import { virtine } from '@colony/compiler/runtime';\n`;
const works = (await doctor(['wasm', 'kvm'])).filter((report) => report.works).map(({ backend }) => backend);

describe.each(works)('npm packages on %s', (backend) => {
  beforeAll(async () => (await import('@colony/compiler/runtime')).configure({ backend }));

  it('are cut out and run: CommonJS, ES modules and a variant for browsers', async () => {
    const made = project(`${IMPORT}import ms from 'ms';
import JSON5 from 'json5';
import pc from 'picocolors';
import { median } from 'simple-statistics';
import semver from 'semver/functions/satisfies.js';
export const span = virtine((text: string) => ms(text as '1d'));
export const parse = virtine((text: string) => JSON5.parse(text));
export const red = virtine((text: string) => pc.red(text));
export const middle = virtine((rows: number[]) => median(rows));
export const fits = virtine((version: string, range: string) => semver(version, range), { accept: ['process'] });
`);
    const main = await made.load<Module>('main.ts');
    expect(await main.span!('2 days')).toBe(172800000);
    expect(await main.parse!("{a: [1, .5,], 'b': 0x10,}")).toEqual({ a: [1, 0.5], b: 16 });
    expect(await main.red!('x')).toBe('x');
    expect(await main.middle!([3, 1, 2])).toBe(2);
    expect(await main.fits!('1.2.3', '^1.0.0')).toBe(true);
  });
});

describe('the cut', () => {
  it('holds only the reachable part of a package', async () => {
    const text = `${IMPORT}import { median } from 'simple-statistics';\nexport const middle = virtine((rows: number[]) => median(rows));\n`;
    const { virtines } = await project(text).compile('main.ts');
    const { sizes, inside } = virtines[0]!;
    expect(sizes.after).toBeLessThan(sizes.before / 10);
    expect(inside.filter((part) => part.package === 'simple-statistics').map(({ name }) => name)).toContain('median');
    expect(inside.find(({ name }) => name === 'median')!.because.map(({ name }) => name)).toEqual(['middle', 'median']);
    expect(inside.every(({ because }) => because[0]!.name === 'middle')).toBe(true);
  });

  it('names a package that needs Node, and the way there', async () => {
    const text = `import { program } from 'commander';\nexport async function f() {\n  'use virtine';\n  return program.name();\n}\n`;
    const { refusals } = await project(text).refusals('main.ts');
    expect(refusals.map(({ subject }) => subject)).toEqual(expect.arrayContaining(['node:child_process', 'node:fs']));
    const [first] = refusals;
    expect(first!.file).toMatch(/^node_modules\/commander\//);
    expect(first!.chain.length).toBeGreaterThan(2);
  });

  it('runs until it reaches the accepted refusal', async () => {
    const { configure } = await import('@colony/compiler/runtime');
    configure({ backend: 'wasm' });
    const lib = `import * as fs from 'node:fs';\nexport const size = (text: string, file?: string) => (file ? fs.statSync(file).size : text.length);\n`;
    const text = `${IMPORT}import { size } from './lib.js';\nexport const f = virtine((text: string, file?: string) => size(text, file), { accept: ['node:fs'] });\n`;
    const made = new Project({ 'main.ts': text, 'lib.ts': lib });
    const main = await made.load<Module>('main.ts', 'lib.ts');
    expect(await main.f!('abc')).toBe(3);
    await expect(main.f!('abc', '/etc/hostname')).rejects.toMatchObject({
      message: expect.stringMatching(/node:fs is not there/),
    });
    const { virtines } = await made.compile('main.ts');
    expect(virtines[0]!.accepted.map(({ subject }) => subject)).toEqual(['node:fs']);
  });

  it("applies the project's accepted refusals in package.json to all its virtines", async () => {
    const text = `import * as fs from 'node:fs';\nexport async function f(text: string, file?: string) {\n  'use virtine';\n  return file ? fs.statSync(file).size : text.length;\n}\n`;
    const manifest = (accept: unknown) => JSON.stringify({ type: 'module', colony: { accept } });
    const subjects = async (files: Record<string, string>) =>
      (await new Project({ 'main.ts': text, ...files }).refusals('main.ts')).refusals.map(({ subject }) => subject);
    expect(await subjects({})).toEqual(['node:fs']);
    expect(await subjects({ 'package.json': manifest(['node:net']) })).toEqual(['node:fs']);
    const made = new Project({ 'main.ts': text, 'package.json': manifest(['node:fs']) });
    const { virtines } = await made.compile('main.ts');
    expect(virtines[0]!.accepted.map(({ subject }) => subject)).toEqual(['node:fs']);
    expect(reportText(virtines)).toContain('node:fs');
  });

  it.each([{ process: true }, 'process', [1]])('refuses %j as that list', (accept) => {
    const files = { 'package.json': JSON.stringify({ colony: { accept } }) };
    const wrong = expect.objectContaining({ code: 'ERR_BAD_OPTION', details: { path: 'colony.accept' } });
    expect(() => new Project(files)).toThrow(wrong);
  });
});

describe('globals that the program brings along', () => {
  const POLYFILL = 'class Address { constructor(public text: string) {} get end() { return this.text.slice(-1); } }\n';
  const USE = `import './polyfill.js';\nexport const end = (text: string) => new (URL as any)(text).end;\n`;
  const MAIN = (options: string) =>
    `${IMPORT}import { end } from './lib.js';\nexport const f = virtine((text: string) => end(text)${options});\n`;
  const run = async (polyfill: string, options = '', lib = USE) => {
    (await import('@colony/compiler/runtime')).configure({ backend: 'wasm' });
    const files = { 'main.ts': MAIN(options), 'lib.ts': lib, 'polyfill.ts': POLYFILL + polyfill };
    const made = new Project(files);
    const main = await made.load<Module>('main.ts', 'lib.ts', 'polyfill.ts');
    return { result: await main.f!('abc').catch((error: Error) => error.message), made };
  };

  it.each([
    'globalThis.URL = Address as any;',
    "globalThis['URL'] ??= Address as any;",
    "Object.defineProperty(globalThis, 'URL', { value: Address });",
    'Object.assign(globalThis, { URL: Address });',
  ])('are permitted if it defines them when it starts: %s', async (polyfill) => {
    const { result, made } = await run(polyfill);
    expect(result).toBe('c');
    expect((await made.compile('main.ts')).virtines[0]!.accepted).toEqual([]);
  });

  const HIDDEN = `for (const name of ['U', 'u']) if (typeof URL === 'undefined') (globalThis as any)[\`\${name}RL\`] = Address;`;

  it('are used if their use was accepted, although the analysis cannot see their origin', async () => {
    const { result } = await run(HIDDEN, ", { accept: ['URL'] }");
    expect(result).toBe('c');
    const shorthand = `import './polyfill.js';\nexport const end = (text: string) => { const o = { URL }; return new (o.URL as any)(text).end; };\n`;
    expect((await run(HIDDEN, ", { accept: ['URL'] }", shorthand)).result).toBe('c');
    expect((await run('', ", { accept: ['URL'] }")).result).toMatch(/URL is not there in a context/);
  });

  it('are refused if nothing defines them before their use', async () => {
    await expect(run(HIDDEN)).rejects.toThrow(/it uses the host's global `URL`/);
    const own = `export const made = new (URL as any)('x');\nglobalThis.URL = class {} as any;\nexport const end = () => made.end;\n`;
    await expect(run('', '', own)).rejects.toThrow(/it uses the host's global `URL`/);
    const late = `export const made = new (URL as any)('x');\nimport './polyfill.js';\nexport const end = () => made.end;\n`;
    const never = 'export const define = () => { globalThis.URL = Address as any; };';
    await expect(run(never)).rejects.toThrow(/it uses the host's global `URL`/);
    await expect(run('globalThis.URL = Address as any;', '', late)).resolves.toMatchObject({ result: 'x' });
  });
});

describe('the report', () => {
  const text = `${IMPORT}import ms from 'ms';\nexport const f = virtine((x: string) => ms(x as '1d') + Date.now());\nexport const g = virtine((x: number) => x);\n`;

  it('has the same bytes for the same input, in any folder', async () => {
    const [one, two] = await Promise.all([project(text).compile('main.ts'), project(text).compile('main.ts')]);
    expect(reportJson(one.virtines)).toBe(reportJson([...two.virtines].reverse()));
    expect(one.code).toBe(two.code);
    expect(reportJson(one.virtines)).not.toMatch(/\/tmp\//);
  });

  it('lists the parts with their reasons, as text', async () => {
    const { virtines } = await project(text).compile('main.ts');
    const shown = reportText(virtines);
    expect(shown).toContain('virtine f (main.ts:3:26)');
    expect(shown).toMatch(/function parse \(node_modules\/ms\/index\.js:\d+:\d+\): f -> .* -> parse/);
    expect(shown).toMatch(/clock: Date\.now\n\s+f \(main\.ts:3:26\)\n\s+-> Date\.now \(main\.ts:3:\d+\)/);
  });
});

describe('the work of a new build', () => {
  it('is only the edited cut', async () => {
    const made = new Project({
      'one.ts': `import { x } from './x.js';\nexport async function one() {\n  'use virtine';\n  return x;\n}\n`,
      'two.ts': `export async function two() {\n  'use virtine';\n  return 2;\n}\n`,
      'x.ts': 'export const x = 1;\n',
    });
    const before = await made.compile('one.ts');
    expect(before.watchFiles).toEqual([`${made.directory}/x.ts`]);
    expect((await made.compile('one.ts')).virtines[0]).toBe(before.virtines[0]);
    const two = await made.compile('two.ts');
    made.write('x.ts', 'export const x = 1; export const y = Date.now();\nexport const z = 2;\n');
    expect((await made.compile('one.ts')).virtines[0]).not.toBe(before.virtines[0]);
    expect((await made.compile('two.ts')).virtines[0]).toBe(two.virtines[0]);
    made.write('x.ts', 'export const x = Date.now();\n');
    expect((await made.compile('one.ts')).virtines[0]!.policy).toEqual({ clock: true });
  });

  it('includes a policy elsewhere in the file', async () => {
    const text = (policy: string) =>
      `${IMPORT}const policy = ${policy} as const;\nexport const f = virtine(() => console.log(1), { policy });\n`;
    const made = project(text('{ console: true }'));
    expect((await made.compile('main.ts')).virtines[0]!.written).toEqual({ console: true });
    made.write('main.ts', text('{ console: false }'));
    expect((await made.refusals('main.ts')).refusals[0]!.rule).toBe('policy-too-narrow');
  });

  it('is nothing without a virtine', async () => {
    const made = project('export const x = 1;\n');
    expect(await made.compiler.compileFile('main.ts')).toBeUndefined();
    expect(await made.compiler.compileModule({ id: '/x/a.css', code: 'virtine' })).toBeUndefined();
    expect(await made.compiler.compileModule({ id: '/x/a.ts', code: '// a virtine\n' })).toBeUndefined();
    expect(existsSync(made.directory)).toBe(true);
  });
});

it('the compiler knows the globals of a guest', async () => {
  const names = new Map<string, Set<string>>();
  for (const backend of [...works, 'process']) {
    const program = js('export const names = () => Object.getOwnPropertyNames(globalThis)');
    const context = await createContext({ backend, program, policy: { limits: LIMITS } });
    names.set(backend, new Set((await context.call('names')) as string[]));
    await context.dispose();
  }
  for (const [backend, real] of names) {
    expect([backend, [...GUEST_GLOBALS].filter((name) => !real.has(name))]).toEqual([backend, []]);
  }
});

it.each([...works, 'process'])("the compiler knows a guest's part of larger host objects: %s", async (backend) => {
  const program = js('export const names = (object) => Object.getOwnPropertyNames(globalThis[object])');
  const context = await createContext({ backend, program, policy: { limits: LIMITS } });
  for (const [object, known] of Object.entries(GUEST_MEMBERS)) {
    expect(new Set((await context.call('names', object)) as string[])).toEqual(known);
  }
  await context.dispose();
});
