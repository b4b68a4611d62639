import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import * as rollup from 'rollup';
import { afterEach, describe, expect, it } from 'vitest';
import colonyRollup from '../src/plugins/rollup.js';
import { patientPackage } from './patient.js';
import { BUNDLERS, folderWith } from './plugins/bundlers.js';
import { watchEsbuild, watchRollup } from './plugins/watch.js';

const run = promisify(execFile);
const opened: { close(): void }[] = [];
afterEach(() => {
  for (const server of opened.splice(0)) server.close();
});
const open = (files: Readonly<Record<string, string>>) => {
  const made = folderWith({ 'package.json': patientPackage(), ...files });
  opened.push(made);
  return made.folder;
};

const MAIN = `import ms from 'ms';
import { configure, disposeVirtines, host, virtine } from '@colony/compiler/runtime';
import { factor } from './rates.js';

declare module '@colony/compiler/runtime' {
  interface Hosts { save(text: string): number }
}
let calls = 0;
const started: number = process.pid;

export async function price(text: string): Promise<{ total: number; started: number; saved: number }> {
  'use virtine';
  const saved = host.save('total');
  return { total: ms(text as '1d') * factor, started, saved };
}
const inside = virtine((): string => typeof process);
const fails = virtine((): void => {
  throw new RangeError('on line 19');
});
const warned = virtine((): void => console.log('x'), { policy: { console: true, clock: true } });

configure({ backend: 'wasm', hypercalls: { save: (text: string) => (calls += text.length) }, console: () => {} });
const first = await price('2s');
const place = await fails().catch((error: Error) => error.stack!.split('\\n').find((line) => line.includes('main.ts')));
await warned();
console.log(JSON.stringify({ ...first, own: first.started === started, calls, inside: await inside(), place }));
export function hostFails(): never {
  throw new Error('host');
}
try {
  hostFails();
} catch (error) {
  console.log((error as Error).stack!.split('\\n')[1]);
}
await disposeVirtines();
`;
const RATES = `export const factor: number = 3;
export const unused = () => Date.now();
`;
const SHIPPED = `import { configure, disposeVirtines, virtine } from '@colony/compiler/runtime';
const squares: number[] = [];
for (let i = 0; i < 10; i++) squares.push(i);
export const f = virtine((): number => squares.reduce((a, b) => a + b, 0));
configure({ backend: 'wasm' });
const result = await f();
console.log(JSON.stringify({ result, ...(await f.ready()).startedFrom }));
await disposeVirtines();
`;
const REFUSED = `import { readFileSync } from 'node:fs';
export async function read(): Promise<string> {
  'use virtine';
  return readFileSync('/etc/passwd', 'utf8');
}
console.log(await read());
`;

describe.each(BUNDLERS)('%s', (_name, build) => {
  it('builds a project whose virtine has a package, a captured value and a hypercall', async () => {
    const folder = open({ 'main.ts': MAIN, 'rates.ts': RATES });
    const { file, warnings } = await build(folder);
    const { stdout } = await run(process.execPath, ['--enable-source-maps', file], { cwd: folder });
    const [line, hostLine] = stdout.trim().split('\n');
    const { place, started, ...result } = JSON.parse(line!);
    expect(result).toEqual({ total: 6000, saved: 5, own: true, calls: 5, inside: 'undefined' });
    expect(started).toBeGreaterThan(0);
    expect(place).toMatch(/\(main\.ts:18:\d+\)$/);
    // The host's half, through the bundler's own map.
    expect(hostLine).toMatch(/main\.ts:28:\d+\)?$/);
    expect(warnings.join('\n')).toMatch(/main\.ts:20:\d+: virtine `warned`: its policy grants clock/);
  });

  it('ships evaluated states that contexts start from', async () => {
    const folder = open({ 'main.ts': SHIPPED });
    const { file } = await build(folder, { snapshot: 'wasm' });
    const files = readdirSync(join(folder, 'out')).filter((name) => name.endsWith('.snapshot'));
    expect(files).toEqual([expect.stringMatching(/^main\.f\.wasm\.[0-9a-f]{16}\.snapshot$/)]);
    const { stdout } = await run(process.execPath, [file], { cwd: folder });
    expect(JSON.parse(stdout)).toMatchObject({ result: 45, kind: 'file', file: join(folder, 'out', files[0]!) });
  });

  it('passes source maps on', async () => {
    const folder = open({ 'main.ts': MAIN, 'rates.ts': RATES });
    const { file } = await build(folder);
    const lines = readFileSync(file, 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes('Error("host")') || text.includes("Error('host')"));
    const position = originalPositionFor(new TraceMap(readFileSync(`${file}.map`, 'utf8')), {
      line: line + 1,
      column: lines[line]!.indexOf('throw'),
    });
    expect(position).toMatchObject({ source: expect.stringMatching(/(^|\/)main\.ts$/), line: 28 });
  });

  it('fails with file and line at a refusal', async () => {
    const folder = open({ 'main.ts': REFUSED });
    const error = (await build(folder).catch((reason: unknown) => reason)) as Error;
    expect(error).toBeInstanceOf(Error);
    expect(error.message).toMatch(/main\.ts:4:\d+: virtine `read`: .*node:fs/);
    expect(error.message).toContain('what to do:');
  });
});

it('keeps the lock, and fails if it is frozen and a grant is wider', async () => {
  const folder = open({ 'main.js': `export async function f() {\n  'use virtine';\n  return 1;\n}\n` });
  const build = async (frozen: boolean) => {
    const plugins = [colonyRollup({ root: folder, lock: true, frozen })];
    const bundle = await rollup.rollup({ input: join(folder, 'main.js'), external: /^@colony\//, plugins });
    await bundle.close();
  };
  await build(false);
  const lock = () => readFileSync(join(folder, 'colony.lock.json'), 'utf8');
  expect(Object.keys(JSON.parse(lock()).virtines)).toEqual(['main.js#f']);
  writeFileSync(join(folder, 'main.js'), `export async function f() {\n  'use virtine';\n  return Date.now();\n}\n`);
  await expect(build(true)).rejects.toThrow(/main\.js:1:8: virtine `f`: wider than colony\.lock\.json says: clock/);
});

const WATCHED = `import { x } from './lib.js';
import { configure, disposeVirtines } from '@colony/compiler/runtime';
export async function f() {
  'use virtine';
  return x + 1;
}
configure({ backend: 'wasm' });
console.log(await f());
await disposeVirtines();
`;

describe('watch mode', () => {
  const output = async (file: string) => (await run(process.execPath, [file])).stdout.trim();

  /** Edits files that only the virtine needs, and that the bundle itself does not contain. */
  it('of rollup builds the virtine again, also after a refusal', { timeout: 300_000 }, async () => {
    const folder = open({ 'main.js': WATCHED, 'lib.js': 'export const x = 1;\n' });
    const { file, next, close } = watchRollup(folder);
    try {
      await next(() => {});
      expect(await output(file)).toBe('2');
      expect((await next(() => writeFileSync(join(folder, 'lib.js'), 'export const x = 41;\n'))).code).toBe('END');
      expect(await output(file)).toBe('42');
      const refused = await next(() => writeFileSync(join(folder, 'lib.js'), 'export const x = eval("41");\n'));
      // A wrong edit fails the build; the next edit fixes it.
      expect(refused).toMatchObject({ code: 'ERROR', error: { message: expect.stringMatching(/lib\.js:1:\d+/) } });
      expect((await next(() => writeFileSync(join(folder, 'lib.js'), 'export const x = 6;\n'))).code).toBe('END');
      expect(await output(file)).toBe('7');
    } finally {
      await close();
    }
  });

  it('of esbuild builds the virtine again', { timeout: 300_000 }, async () => {
    const folder = open({ 'main.ts': WATCHED, 'lib.ts': 'export const x: number = 1;\n' });
    const { file, next, close } = await watchEsbuild(folder);
    try {
      await next(() => {});
      expect(await output(file)).toBe('2');
      await next(() => writeFileSync(join(folder, 'lib.ts'), 'export const x: number = 41;\n'));
      expect(await output(file)).toBe('42');
    } finally {
      await close();
    }
  });
});
