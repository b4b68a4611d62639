import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { patientPackage } from './patient.js';

const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `node --import @colony/compiler/register FILE` in a folder with these files. */
function start(file: string, files: Readonly<Record<string, string>>): Promise<Outcome> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'colony-loader-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  symlinkSync(NODE_MODULES, join(folder, 'node_modules'));
  for (const [name, text] of Object.entries({ 'package.json': patientPackage(), ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const child = spawn(process.execPath, ['--import', '@colony/compiler/register', file], { cwd: folder });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
}

const IMPORT = `import { configure, disposeVirtines, virtine } from '@colony/compiler/runtime';\nconfigure({ backend: 'wasm' });\n`;

it('runs TypeScript with virtines, imports and an npm package', async () => {
  const main = `${IMPORT}import ms from 'ms';
import { Kind, factor, plain } from './lib/rates.js';
const own: number = process.pid;
export async function price(text: string): Promise<unknown> {
  'use virtine';
  return [ms(text as '1d') * factor, Kind.B, own === ms('1s'), typeof process];
}
console.log(JSON.stringify(await price('2s')), plain<string>('x'));
await disposeVirtines();
`;
  const rates =
    'export enum Kind { A = 4, B }\nexport const factor: number = 3;\nexport const plain = <T>(x: T): T => x;\n';
  const outcome = await start('main.ts', { 'main.ts': main, 'lib/rates.ts': rates });
  expect(outcome).toMatchObject({ status: 0, stdout: '[6000,5,false,"undefined"] x\n' });
});

it('runs JavaScript with virtines, and warns', async () => {
  const main = `${IMPORT}const f = virtine((x) => x + 1, { policy: { clock: true } });\nconsole.log(await f(1));\nawait disposeVirtines();\n`;
  const { status, stdout, stderr } = await start('app.js', { 'app.js': main });
  expect({ status, stdout }).toEqual({ status: 0, stdout: '2\n' });
  expect(stderr).toMatch(/ColonyWarning: app\.js:3:\d+: virtine `f`: its policy grants clock/);
});

it('names original lines, of virtines and of the host', async () => {
  const main = `${IMPORT}interface Gone {
  readonly x: number;
}

const fails = virtine((value: Gone): number => {
  if (value.x > 1) throw new RangeError('too big');
  return value.x;
});
const inVirtine = await fails({ x: 2 }).catch((error: Error) => error.stack!);
console.log(/main\\.ts:\\d+/.exec(inVirtine)![0]);
await disposeVirtines();
function host(): never {
  throw new Error('of the host');
}
host();
`;
  const { status, stdout, stderr } = await start('main.ts', { 'main.ts': main });
  expect(stdout).toBe('main.ts:8\n');
  expect(status).toBe(1);
  expect(stderr).toMatch(/at host \(.*main\.ts:15:\d+\)/);
});

it('stops at a refusal, with file and line', async () => {
  const main = `${IMPORT}const f = virtine(() => process.cwd());\nconsole.log('not reached', await f());\n`;
  const { status, stdout, stderr } = await start('main.ts', { 'main.ts': main });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/main\.ts:3:\d+: virtine `f`: .*process/);
});

it('runs imported C virtines, and stops if one does not compile', { timeout: 300_000 }, async () => {
  const c = 'virtine int twice(int n) { return 2 * n; }\nvirtine int half(int n) { return n / 2; }\n';
  const main = `${IMPORT}import { half, twice } from './math.virtine.c';
const four: number = await twice(2);
console.log(four, await half(9));
await disposeVirtines();
`;
  const done = await start('main.ts', { 'main.ts': main, 'math.virtine.c': c });
  expect(done).toMatchObject({ status: 0, stdout: '4 4\n' });
  const wrong = c.replace('2 * n', '2 * m');
  const refused = await start('main.ts', { 'main.ts': main, 'math.virtine.c': wrong });
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(/math\.virtine\.c:1:39: error: use of undeclared identifier 'm'/);
});

it('has a remedy for CommonJS', async () => {
  const main = `exports.f = async function f() {\n  'use virtine';\n  return 1;\n};\n`;
  const { status, stderr } = await start('app.js', { 'app.js': main, 'package.json': '{ "type": "commonjs" }' });
  expect(status).toBe(1);
  expect(stderr).toContain('write "type": "module"');
});

it('recommends a file for a text that is not in one', async () => {
  const text = `export async function f() { 'use virtine'; return 1; }`.replaceAll("'", '%27');
  const main = `await import('data:text/javascript,${text}');\n`;
  const { status, stderr } = await start('app.js', { 'app.js': main });
  expect(status).toBe(1);
  expect(stderr).toContain('only files are compiled');
  expect(stderr).toContain('what to do: put the function into its own file');
  expect(stderr).not.toContain('plugin');
});

it('leaves modules without virtines, packages and other files to Node', async () => {
  const main = `import ms from 'ms';\nimport data from './data.json' with { type: 'json' };\nimport './missing.js';\nconsole.log(ms(data.x));\n`;
  const missing = await start('app.js', { 'app.js': main, 'data.json': '{ "x": 1000 }' });
  expect(missing.stderr).toContain('ERR_MODULE_NOT_FOUND');
  // The error names the file that was requested.
  expect(missing.stderr).toContain('missing.js');
  const ending = await start('app.js', { 'app.js': main, 'data.json': '{ "x": 1000 }', 'missing.js': '' });
  expect(ending).toMatchObject({ status: 0, stdout: '1s\n' });
});
