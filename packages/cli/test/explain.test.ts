import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { colony, folderWith } from './lib.js';

const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const MAIN = (body: string) => `import { configure, disposeVirtines } from '@colony/compiler/runtime';
enum Kind { A = 4 }
export async function f(x: number): Promise<number> {
  'use virtine';
  return ${body};
}
configure({ backend: 'wasm' });
console.log(await f(1));
await disposeVirtines();
`;

function project(body = 'x + Kind.A'): string {
  const cwd = folderWith({ 'main.ts': MAIN(body), 'package.json': '{ "type": "module" }' });
  symlinkSync(NODE_MODULES, join(cwd, 'node_modules'));
  return cwd;
}

it('explains the code of a refusal, and lists all codes for an unknown one', async () => {
  const text = await colony(['explain', 'ref-011']);
  expect(text).toMatchObject({ status: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^REF-011: a module that is built into Node[\s\S]*Refused:\n\n {4}import \{ readFileSync \}/,
  );
  const json = JSON.parse((await colony(['explain', 'REF-011', '--json'])).stdout);
  expect(json).toMatchObject({
    code: 'REF-011',
    rule: 'node-builtin',
    instead: [{ what: expect.any(String) }, {}, {}],
  });
  const unknown = await colony(['explain', 'REF-100']);
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(
    /there is no code "REF-100"[\s\S]*REF-001 {2}a mark in a place that cannot be a virtine\n/,
  );
});

it('explains as text, JSON and a page, each the same twice', async () => {
  const cwd = project('x + Date.now()');
  const text = await colony(['explain', 'main.ts'], { cwd });
  expect(text).toMatchObject({ status: 0, stderr: '' });
  expect(text.stdout).toMatch(/virtine f \(main\.ts:3:8\)[\s\S]*clock: Date\.now/);
  const [one, two] = [
    await colony(['explain', 'main.ts', '--json'], { cwd }),
    await colony(['explain', 'main.ts', '--json'], { cwd }),
  ];
  expect(one.stdout).toBe(two.stdout);
  expect(JSON.parse(one.stdout).virtines[0]).toMatchObject({ name: 'f', policy: { clock: true } });
  await colony(['explain', 'main.ts', '--html', 'a.html'], { cwd });
  expect(await colony(['explain', 'main.ts', '--html', 'b.html'], { cwd })).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(join(cwd, 'a.html'), 'utf8')).toBe(readFileSync(join(cwd, 'b.html'), 'utf8'));
  expect(existsSync(join(cwd, 'colony.lock.json'))).toBe(false);
});

it('builds JavaScript that runs, with its map and report', async () => {
  const cwd = project();
  const built = await colony(['build', 'main.ts', '-o', 'dist'], { cwd });
  expect(built).toEqual({ status: 0, stdout: `${join('dist', 'main.js')}\n`, stderr: '' });
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/main.js'], { cwd });
  expect(stdout).toBe('5\n');
  expect(JSON.parse(readFileSync(join(cwd, 'dist/main.js.map'), 'utf8'))).toMatchObject({
    version: 3,
    sources: ['../main.ts'],
  });
  expect(JSON.parse(readFileSync(join(cwd, 'dist/main.js.virtines.json'), 'utf8')).virtines).toHaveLength(1);
});

it('builds all that a program needs of its project: modules, packages of the workspace, and types', async () => {
  const cwd = folderWith({
    'package.json': '{ "type": "module" }',
    'tsconfig.json': '{ "compilerOptions": { "module": "nodenext", "strict": true, "types": [] } }',
    'app/src/main.ts': `import { twice } from '../../lib/twice.js';
import { rate } from '@shop/rates';
export type { Row } from './row.js';
export async function price(x: number): Promise<number> {
  'use virtine';
  return x * rate;
}
export default async (x: number) => twice(await price(x));
console.log(await twice(await price(5)));
`,
    'app/src/row.ts': 'export interface Row { readonly size: number }\n',
    'lib/twice.ts': `export async function twice(x: number): Promise<number> {\n  'use virtine';\n  return 2 * x;\n}\n`,
    'rates/package.json': '{ "name": "@shop/rates", "type": "module", "exports": "./rates.ts" }',
    'rates/rates.ts': 'export const rate = 3;\n',
    'node_modules/installed/package.json': '{ "name": "installed", "type": "module", "exports": "./a.js" }',
    'node_modules/installed/a.js': 'export {};\n',
  });
  mkdirSync(join(cwd, 'node_modules/@shop'));
  symlinkSync(join(cwd, 'rates'), join(cwd, 'node_modules/@shop/rates'));
  for (const name of ['@colony', 'typescript']) symlinkSync(join(NODE_MODULES, name), join(cwd, 'node_modules', name));
  const built = await colony(['build', 'app/src/main.ts', '-o', 'out'], { cwd });
  expect(built).toEqual({ status: 0, stdout: `${join('out', 'main.js')}\n`, stderr: '' });
  const { stdout } = await promisify(execFile)(process.execPath, ['out/main.js'], { cwd });
  expect(stdout).toBe('30\n');
  const { virtines } = JSON.parse(readFileSync(join(cwd, 'out/main.js.virtines.json'), 'utf8'));
  expect(virtines.map(({ name }: { name: string }) => name)).toEqual(['price', 'twice']);
  // The declarations have the sources' relative paths, and the first is beside the JavaScript.
  writeFileSync(
    join(cwd, 'use.ts'),
    `import double, { price, type Row } from './out/main.js';\nconst row: Row = { size: 1 };\nexport const all: Promise<number>[] = [price(row.size), double(2)];\nexport const bad: string = price(1);\n`,
  );
  const tsc = [join(NODE_MODULES, 'typescript/bin/tsc'), '--noEmit', '-p', 'use.json'];
  writeFileSync(join(cwd, 'use.json'), '{ "extends": "./tsconfig.json", "files": ["use.ts"] }');
  const checked = await promisify(execFile)(process.execPath, tsc, { cwd }).catch((error) => error);
  expect(checked.stdout.trim().split('\n')).toEqual([
    expect.stringMatching(/^use\.ts\(4,14\): error TS2322: Type 'Promise<number>'/),
  ]);
});

it('reports the refusals of all modules at once, and writes nothing', async () => {
  const cwd = project('x + process.pid');
  writeFileSync(join(cwd, 'lib.ts'), `export async function g() {\n  'use virtine';\n  return eval('1');\n}\n`);
  writeFileSync(join(cwd, 'main.ts'), `import './lib.js';\n${MAIN('x + process.pid')}`);
  const refused = await colony(['build', 'main.ts', '-o', 'dist'], { cwd });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /main\.ts:\d+:\d+: virtine `f`: [\s\S]*lib\.ts:3:10: virtine `g`: [\s\S]*REF-008`, `colony explain REF-012`/,
  );
  expect(existsSync(join(cwd, 'dist'))).toBe(false);
});

it('refuses a module in an address that holds a directive', async () => {
  const text = `export async function g() { 'use virtine'; return typeof process; }`;
  const cwd = project();
  writeFileSync(
    join(cwd, 'main.ts'),
    `import { g } from ${JSON.stringify(`data:text/javascript,${encodeURIComponent(text)}`)};\n${MAIN('x')}console.log(await g());\n`,
  );
  const refused = await colony(['build', 'main.ts', '-o', 'dist', '--no-types'], { cwd });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /'use virtine' would have no effect: only modules that are files of the project are compiled/,
  );
  expect(refused.stderr).not.toContain('plugin');
  expect(existsSync(join(cwd, 'dist'))).toBe(false);
});

it('builds with evaluated states, and removes those of earlier builds', async () => {
  const cwd = project();
  const build = () => colony(['build', 'main.ts', '-o', 'dist', '--snapshot', 'wasm', '--no-types'], { cwd });
  const files = () => readdirSync(join(cwd, 'dist')).filter((name) => name.endsWith('.snapshot'));
  expect(await build()).toEqual({ status: 0, stdout: `${join('dist', 'main.js')}\n`, stderr: '' });
  const [first] = files();
  const { stdout } = await promisify(execFile)(process.execPath, ['dist/main.js'], { cwd });
  expect(stdout).toBe('5\n');
  writeFileSync(join(cwd, 'main.ts'), MAIN('x + Kind.A + 1'));
  await build();
  expect(files()).toEqual([expect.stringMatching(/^main\.f\.wasm\.[0-9a-f]{16}\.snapshot$/)]);
  expect(files()).not.toEqual([first]);
  const report = JSON.parse(readFileSync(join(cwd, 'dist/main.js.virtines.json'), 'utf8'));
  expect(report.virtines[0].shipped).toEqual([{ backend: 'wasm' }]);
  writeFileSync(join(cwd, 'f.c'), C('return 1;'));
  const c = await colony(['build', 'f.c', '-o', 'dist', '--snapshot', 'kvm'], { cwd });
  expect(c).toMatchObject({ status: 2, stderr: expect.stringContaining('C and components start as they are') });
});

it('a frozen build stops at a wider grant until it is accepted', async () => {
  const cwd = project();
  expect(
    await colony(['build', 'main.ts', '-o', 'dist', '--lock', '--no-types'], { cwd, env: { CI: '' } }),
  ).toMatchObject({
    status: 0,
  });
  writeFileSync(join(cwd, 'main.ts'), MAIN('x + Date.now()'));
  for (const [args, env] of [
    [['--frozen'], { CI: '' }],
    [[], { CI: 'true' }],
  ] as const) {
    const stopped = await colony(['build', 'main.ts', '-o', 'dist', ...args], { cwd, env });
    expect(stopped).toMatchObject({ status: 2, stdout: '' });
    expect(stopped.stderr).toMatch(/ERR_COMPILE: main\.ts:3:8: virtine `f`: wider than colony\.lock\.json says: clock/);
  }
  expect(await colony(['explain', 'main.ts', '--accept'], { cwd, env: { CI: 'true' } })).toMatchObject({ status: 0 });
  expect(await colony(['build', 'main.ts', '-o', 'dist', '--frozen', '--no-types'], { cwd })).toMatchObject({
    status: 0,
    stderr: '',
  });
});

const C = (body: string) => `#include <colony/virtine.h>\n/** Asks. */\nvirtine int f(const char *key) { ${body} }\n`;
const ASKS = 'return (int)colony_as_int(colony_call("lookup", key));';

it('explains, types and builds C', { timeout: 300_000 }, async () => {
  const cwd = project();
  writeFileSync(join(cwd, 'ask.virtine.c'), C(ASKS));
  const text = await colony(['explain', 'ask.virtine.c'], { cwd });
  expect(text).toMatchObject({ status: 0, stderr: '' });
  expect(text.stdout).toMatch(/virtine f \(ask\.virtine\.c:3:13\)[\s\S]*hypercalls\.lookup: colony_call\("lookup"\)/);
  const json = await colony(['explain', 'ask.virtine.c', '--json', '--html', 'a.html'], { cwd });
  expect(json.stdout).toBe((await colony(['explain', 'ask.virtine.c', '--json'], { cwd })).stdout);
  expect(JSON.parse(json.stdout).virtines[0]).toMatchObject({
    language: 'c',
    policy: { hypercalls: { lookup: true } },
  });
  expect(readFileSync(join(cwd, 'a.html'), 'utf8')).toContain('<svg');

  const types = await colony(['types', 'ask.virtine.c'], { cwd });
  expect(types.stdout).toContain('/**\n * Asks.\n */\nexport declare const f: CVirtine<(key: string) => number>;');
  expect(await colony(['types', 'ask.virtine.c', '--write'], { cwd })).toMatchObject({ status: 0, stdout: '' });
  expect(readFileSync(join(cwd, 'ask.virtine.d.c.ts'), 'utf8')).toBe(types.stdout);

  const built = await colony(['build', 'ask.virtine.c', '-o', 'dist'], { cwd });
  expect(built).toEqual({ status: 0, stdout: `${join('dist', 'ask.virtine.js')}\n`, stderr: '' });
  expect(readFileSync(join(cwd, 'dist/ask.virtine.js.virtines.json'), 'utf8')).toBe(json.stdout);
  const main = `import { configure, dispose, f } from './dist/ask.virtine.js';
configure({ backend: 'wasm', hypercalls: { lookup: (key) => key.length } });
console.log(await f('abc'));
await dispose();
`;
  writeFileSync(join(cwd, 'use.mjs'), main);
  expect((await promisify(execFile)(process.execPath, ['use.mjs'], { cwd })).stdout).toBe('3\n');
});

it('a frozen build of C stops at a wider grant until it is accepted', { timeout: 300_000 }, async () => {
  const cwd = project();
  const build = (...args: string[]) =>
    colony(['build', 'ask.virtine.c', '-o', 'dist', ...args], { cwd, env: { CI: '' } });
  writeFileSync(join(cwd, 'ask.virtine.c'), C('return *key;'));
  expect(await build('--lock')).toMatchObject({ status: 0 });
  writeFileSync(join(cwd, 'ask.virtine.c'), C(ASKS));
  const stopped = await build('--frozen');
  expect(stopped).toMatchObject({ status: 2, stdout: '' });
  expect(stopped.stderr).toMatch(
    /ERR_COMPILE: ask\.virtine\.c:3:13: virtine `f`: wider than colony\.lock\.json says: hypercalls\.lookup/,
  );
  expect(await colony(['explain', 'ask.virtine.c', '--accept'], { cwd })).toMatchObject({ status: 0 });
  expect(await build('--frozen')).toMatchObject({ status: 0, stderr: '' });
});

it('reports refusals in C, as a page too', { timeout: 300_000 }, async () => {
  const cwd = project();
  writeFileSync(join(cwd, 'ask.virtine.c'), 'virtine int f(int *p) { return *p; }\n');
  const refused = await colony(['explain', 'ask.virtine.c', '--html', 'out.html'], { cwd });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toMatch(/ask\.virtine\.c:1:20: the parameter p of f is a pointer without a size/);
  expect(readFileSync(join(cwd, 'out.html'), 'utf8')).toContain('Refused');
});

it('reports refusals, and files without a virtine', async () => {
  const cwd = project('process.pid');
  const refused = await colony(['explain', 'main.ts', '--html', 'out.html'], { cwd });
  expect(refused).toMatchObject({ status: 2, stdout: '' });
  expect(refused.stderr).toMatch(/main\.ts:5:10: virtine `f`/);
  expect(readFileSync(join(cwd, 'out.html'), 'utf8')).toContain('Refused');
  writeFileSync(join(cwd, 'plain.ts'), 'export const x = 1;\n');
  for (const args of [
    ['explain', 'plain.ts'],
    ['build', 'plain.ts', '-o', 'dist'],
    ['explain', 'missing.ts'],
  ]) {
    expect(await colony(args, { cwd }), args.join(' ')).toMatchObject({ status: 2, stdout: '' });
  }
});
