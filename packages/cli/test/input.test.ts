/**
 * Bad input, by kind: each command reports once the problem and the input, with the right status, and never with a
 * stack.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, openSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { colony, colonyHere, folderWith, type Outcome } from './lib.js';

// Many processes, on machines with other load.
vi.setConfig({ testTimeout: 180_000 });

const BIN = fileURLToPath(new URL('../bin/colony.js', import.meta.url));

/** Every command that takes a file, with its other required arguments. */
const COMMANDS: readonly (readonly [command: string, ...rest: string[]])[] = [
  ['run'],
  ['inspect'],
  ['types'],
  ['explain'],
  ['build', '-o', 'out'],
  ['profile'],
];

/** One message that names the file and the problem, and nothing more. */
function expectRefused(outcome: Outcome, message: RegExp, about: string): void {
  expect(outcome, about).toMatchObject({ status: 2, stdout: '' });
  const lines = outcome.stderr.trimEnd().split('\n');
  expect(lines, about).toHaveLength(1);
  expect(lines[0], about).toMatch(message);
  expect(lines[0], about).not.toMatch(/ERR_INTERNAL|(E[A-Z]+): \1/);
}

function folder(): string {
  const cwd = folderWith({
    'empty.js': '',
    'empty.wasm': '',
    'data.json': '{}',
    'junk.js': Uint8Array.of(1, 2, 0, 3),
    'junk.c': Uint8Array.of(1, 2, 0, 3),
    'text.wasm': 'hello',
    'text.elf': 'hello',
    'plain.js': 'export default () => 1;\n',
    'cjs.cjs': 'module.exports = () => 1;\n',
    'page.tsx': 'export default () => <p/>;\n',
  });
  for (const name of ['dir', 'dir.js', 'dir.c', 'dir.wasm']) mkdirSync(join(cwd, name));
  symlinkSync('circle.js', join(cwd, 'circle.js'));
  return cwd;
}

/** Files that no command accepts. */
const BAD: readonly (readonly [file: string, message: RegExp])[] = [
  ['nofile.js', /^error ENOENT: nofile\.js: there is no such file/],
  ['nofile.c', /^error ENOENT: nofile\.c: there is no such file/],
  ['no/such/folder.ts', /^error ENOENT: no\/such\/folder\.ts: there is no such file/],
  ['plain.js/inside.js', /^error ENOTDIR: plain\.js\/inside\.js: a part of this path is not a folder/],
  ['circle.js', /^error ELOOP: circle\.js: .*circle/],
  ['dir', /^error EISDIR: dir: it is a folder/],
  ['dir.js', /^error EISDIR: dir\.js: it is a folder/],
  ['dir.c', /^error EISDIR: dir\.c: it is a folder/],
  ['dir.wasm', /^error EISDIR: dir\.wasm: it is a folder/],
  ['/dev/null', /\/dev\/null: it is a pipe or a device/],
  ['empty.js', /empty\.js: this is an empty file; colony \w+ takes/],
  ['empty.wasm', /empty\.wasm: this is an empty file/],
  ['data.json', /data\.json: this is a JSON file; colony \w+ takes/],
  ['junk.js', /junk\.js: this is binary data of an unknown kind/],
  ['junk.c', /junk\.c: this is binary data/],
  ['text.wasm', /text\.wasm: this is a file of an unknown kind/],
  ['text.elf', /text\.elf: this is a file of an unknown kind/],
];

describe.each(COMMANDS)('colony %s', (command, ...rest) => {
  it.each(BAD)('%s', async (file, message) => {
    expectRefused(await colonyHere([command, file, ...rest], folder()), message, file);
  });
});

/** Kinds that some command accepts and this one does not. */
it.each([
  [['run', 'cjs.cjs'], /cjs\.cjs: this is a CommonJS file; .*import and export.*\.mjs/],
  [['run', 'page.tsx'], /page\.tsx: this is a file with JSX; .*esbuild/],
  [['types', 'plain.js'], /plain\.js: this is a JavaScript or TypeScript module; colony types takes a C file/],
  [['inspect', 'plain.js'], /plain\.js: this is a JavaScript or TypeScript module; colony inspect takes/],
  [['explain', 'plain.js'], /plain\.js: it has no virtine/],
  [['profile', 'plain.js'], /plain\.js called no virtine/],
  [['explain', '-'], /colony explain takes .* by its name, not standard input/],
  [['profile', '-'], /not standard input/],
  [['build', '-', '-o', 'out'], /not standard input/],
] as const)('%j', async (args, message) => {
  expectRefused(await colonyHere(args, folder()), message, args.join(' '));
});

it('prints the one message as JSON with --json', async () => {
  for (const [file] of BAD) {
    const { status, stdout, stderr } = await colonyHere(['run', file, '--json'], folder());
    expect({ status, stderr }, file).toEqual({ status: 2, stderr: '' });
    expect(JSON.parse(stdout), file).toMatchObject({ ok: false, error: { message: expect.stringContaining(file) } });
  }
});

/** Options of `run` with invalid values. */
it.each([
  [['--timeout', 'soon'], /--timeout: expected a time such as '50 ms'.*not "soon"/],
  [['--timeout', '0'], /--timeout: expected/],
  [['--timeout', '5 parsecs'], /--timeout: expected/],
  [['--memory', 'much'], /--memory: expected a size such as '32 MiB'.*not "much"/],
  [['--memory', '1 s'], /--memory: expected/],
  [['--policy', 'nope'], /--policy: nope: there is no such file.*pure and deterministic/],
  [['--policy', 'dir'], /--policy: dir: it is a folder/],
  [['--policy', 'plain.js'], /the policy plain\.js is not JSON/],
  [['--policy', 'list.json'], /the policy list\.json is not a JSON object/],
  [['--args', '@nope.json'], /--args: nope\.json: there is no such file/],
  [['--args', '@dir'], /--args: dir: it is a folder/],
  [['--args', '[1'], /--args is not JSON/],
  [['--args', '{}'], /--args is a JSON array/],
  [['--args', '[{"$type":"bigint","value":"x"}]'], /--args: not a value of the "\$type" "bigint": .*"x"/],
  [['--args', '[{"$type":"Map"}]'], /--args: not a value of the "\$type" "Map"/],
  [['--args', '[{"$type":"Magic"}]'], /--args: no value has the "\$type" "Magic"/],
  [['--args', '@-', '--policy', '-'], /standard input is read for --args already/],
  [['--backend', 'kwm'], /there is no backend "kwm"; did you mean 'kvm'/],
] as const)('run plain.js %j', async (args, message) => {
  const cwd = folderWith({ 'plain.js': 'export default () => 1;\n', 'list.json': '[]' });
  mkdirSync(join(cwd, 'dir'));
  expectRefused(await colony(['run', 'plain.js', ...args], { cwd, input: '[]' }), message, args.join(' '));
});

it.each([
  [['types', 'add.wasm', '-o', 'no/such/x.d.ts']],
  [['explain', 'v.ts', '--html', 'no/such/x.html']],
  [['build', 'v.ts', '-o', 'v.ts']],
  [['build', 'v.ts', '-o', '/proc/none/out']],
])('reports a result that cannot be written: %j', async (args) => {
  const cwd = folderWith({
    'add.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    'v.ts': "export async function f(n: number): Promise<number> { 'use virtine'; return n; }\n",
  });
  expectRefused(await colony(args, { cwd }), /^error E(NOENT|EXIST): (no\/such\/|v\.ts|\/proc\/none)/, args.join(' '));
});

/** Root may read everything, unless it drops that capability. */
const MAY_NOT_READ =
  process.getuid?.() === 0
    ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--inh-caps=-dac_override,-dac_read_search']
    : ['env'];

it('reports a file that may not be read', (context) => {
  const cwd = folderWith({ 'secret.js': '', 'secret.wasm': '', 'plain.js': 'export default () => 1;\n' });
  for (const name of ['secret.js', 'secret.wasm']) chmodSync(join(cwd, name), 0);
  const [command = '', ...flags] = MAY_NOT_READ;
  const run = (...args: string[]) =>
    spawnSync(command, [...flags, ...args], { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  if (run('cat', 'secret.js').status !== 1) context.skip('nothing is closed to this user here');
  for (const [name, ...rest] of COMMANDS) {
    for (const file of ['secret.js', 'secret.wasm']) {
      const outcome = run(process.execPath, BIN, name, file, ...rest);
      expectRefused(outcome, new RegExp(`^error EACCES: ${file}: no permission`), `${name} ${file}`);
    }
  }
  const policy = run(process.execPath, BIN, 'run', 'plain.js', '--policy', 'secret.js');
  expectRefused(policy, /--policy: secret\.js: no permission/, 'policy');
});

describe('standard input', () => {
  const run = (input: string | Uint8Array, ...args: string[]) =>
    colony(['run', '-', '--backend', 'wasm', ...args], { input });

  it('a program is JavaScript unless another language is named', async () => {
    expect(await run('export default () => 6 * 7')).toEqual({ status: 0, stdout: '42\n', stderr: '' });
    const typed = await run('export default (): number => 6 * 7', '--lang', 'ts');
    expect(typed).toEqual({ status: 0, stdout: '42\n', stderr: '' });
    expect(await run('export default (): number => 1')).toMatchObject({ status: 2 });
    const thrown = await run('\nexport default () => { throw new Error("no") }');
    expect(thrown).toMatchObject({ status: 1, stderr: expect.stringMatching(/stdin\.js:2/) });
    expectRefused(await run(''), /standard input: this is an empty file/, 'nothing');
    expect(await run('x', '--lang', 'cobol')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('js, ts, c'),
    });
  });

  it('arguments and policy are read', async () => {
    const cwd = folderWith({ 'p.mjs': 'export const add = (a, b) => a + b; export const now = () => Date.now();\n' });
    const base = ['run', 'p.mjs', '--backend', 'wasm'];
    expect(await colony([...base, '-c', 'add', '-a', '@-'], { cwd, input: '[20, 22]' })).toMatchObject({
      stdout: '42\n',
    });
    const fixed = await colony([...base, '-c', 'now', '-p', '-'], { cwd, input: '{ "clock": { "fixed": 1000 } }' });
    expect(fixed).toMatchObject({ status: 0, stdout: '1000\n' });
  });

  it('WebAssembly is recognized by its first bytes', async () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(await colony(['types', '-'], { input: empty })).toMatchObject({ status: 0, stderr: '' });
    expectRefused(
      await colony(['inspect', '-'], { input: empty }),
      /standard input: this is a WebAssembly module/,
      'wasm',
    );
  });
});

it('a number alone is milliseconds, or bytes', async () => {
  const cwd = folderWith({ 'p.mjs': 'export default () => 1; export const loop = () => { for (;;); };\n' });
  const base = ['run', 'p.mjs', '--backend', 'wasm'];
  expect(await colony([...base, '-t', '60000', '-m', '33554432'], { cwd })).toMatchObject({ status: 0, stdout: '1\n' });
  expect(await colony([...base, '-c', 'loop', '-t', '50'], { cwd })).toMatchObject({
    status: 3,
    stderr: expect.stringMatching(/ERR_LIMIT_(WALL|CPU)_TIME/),
  });
  expect(await colony([...base, '-m', '50'], { cwd })).toMatchObject({
    status: 3,
    stderr: expect.stringContaining('50 bytes'),
  });
});

it('the error for CommonJS recommends an ES module', async () => {
  const programs = { 'a.js': "const fs = require('fs'); export default () => 1;", 'b.js': 'module.exports = () => 1;' };
  const cwd = folderWith(programs);
  for (const backend of ['wasm', 'process']) {
    for (const file of Object.keys(programs)) {
      const outcome = await colony(['run', file, '--backend', backend], { cwd });
      expect(outcome.stderr, `${file} on ${backend}`).toMatch(/\nhint this is CommonJS.*use import and export/);
      expect(outcome.status).toBe(1);
    }
  }
});

it('invalid arguments of a C function are a mistake on the command line', async () => {
  const source = `#include <colony/virtine.h>
uint32_t fnv1a(colony_bytes bytes) { return bytes.len; }
COLONY_EXPORT(uint32_t, fnv1a, colony_bytes);
`;
  const cwd = folderWith({ 'hash.c': source });
  const call = (args: string) => colony(['run', 'hash.c', '-b', 'wasm', '-c', 'fnv1a', '-a', args], { cwd });
  expect(await call('[{"$type": "Uint8Array", "base64": "Y29sb255"}]')).toMatchObject({ status: 0, stdout: '6\n' });
  expectRefused(
    await call('["some text"]'),
    /--args: fnv1a: argument 1 must be a Uint8Array, not a string.*"base64"/,
    'text',
  );
  expectRefused(await call('[]'), /--args: fnv1a takes 1 argument, not 0/, 'none');
});

/** Reads one byte or none, then closes the pipe. */
function withClosedPipe(args: readonly string[], cwd: string): Promise<{ status: number | null; stderr: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stderr })));
}

const PRINTING = [
  [['--help'], 0],
  [['help', 'run'], 0],
  [['doctor'], 0],
  [['doctor', '--json'], 0],
  [['run', 'p.mjs', '-b', 'wasm'], 0],
  [['run', 'p.mjs', '-b', 'wasm', '--json'], 0],
  [['run', 'nofile.js', '--json'], 2],
  [['types', 'm.wasm'], 0],
  [['explain', 'v.ts'], 0],
  [['bench', '--help'], 0],
] as const;
const PRINTED = {
  'p.mjs': 'export default () => "x".repeat(1 << 17);\n',
  'm.wasm': Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
  'v.ts': "export async function f(n: number): Promise<number> { 'use virtine'; return n; }\n",
};

it.each(PRINTING)('a reader that has closed the pipe is not a mistake: %j', async (args, status) => {
  expect(await withClosedPipe(args, folderWith(PRINTED))).toEqual({ status, stderr: '' });
});

it.each(PRINTING)('a full disk is reported once: %j', (args) => {
  const stdout = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd: folderWith(PRINTED),
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'pipe'],
  });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'error ENOSPC: standard output: no space is left on its device\n',
  });
});
