/** Limits from recorded profiles, and the message if a program exceeds them. */

import { execFile } from 'node:child_process';
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Profile } from '@colony/compiler';
import { expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { colony, folderWith } from './lib.js';

const NODE_MODULES = fileURLToPath(new URL('../../../node_modules', import.meta.url));
const MAIN = `import { configure, disposeVirtines, host, virtine } from '@colony/compiler/runtime';
export async function repeat(text: string, times: number): Promise<string> {
  'use virtine';
  return text.repeat(times);
}
export const ask = virtine((times: number) => { for (let i = 0; i < times; i++) (host as any).next(); return times; });
configure({ backend: 'wasm', hypercalls: { next: () => 1 } });
const [times = '1', ask2 = '2'] = process.argv.slice(2);
try {
  console.log((await repeat('abc', Number(times))).length, await ask(Number(ask2)));
} catch (error) {
  console.log(error.code, error.message);
}
await disposeVirtines();
if (times === 'fail') process.exit(3);
`;

/** Times of a profile depend on the machine and its load, so only sizes and counts are checked here. */
const PACKAGE = JSON.stringify({ type: 'module', colony: { limits: { wallTime: '300 s', cpuTime: '300 s' } } });

function project(): string {
  const cwd = folderWith({ 'main.ts': MAIN, 'package.json': PACKAGE });
  symlinkSync(NODE_MODULES, join(cwd, 'node_modules'));
  return cwd;
}
const profileIn = (cwd: string) => JSON.parse(readFileSync(join(cwd, 'colony.profile.json'), 'utf8')) as Profile;
async function runBuilt(cwd: string, ...args: string[]): Promise<string> {
  expect(await colony(['build', 'main.ts', '-o', 'dist', '--no-types'], { cwd })).toMatchObject({ status: 0 });
  return (await promisify(execFile)(process.execPath, ['dist/main.js', ...args], { cwd })).stdout;
}

it('records the needs of calls, and builds take their limits from it', async () => {
  const cwd = project();
  const recorded = await colony(['profile', 'main.ts', '--', '100', '3'], { cwd });
  expect(recorded).toMatchObject({ status: 0, stderr: '300 3\n' });
  expect(recorded.stdout).toContain('main.ts#repeat: 1 calls on wasm');
  const { virtines } = profileIn(cwd);
  expect(virtines['main.ts#ask']).toMatchObject({ calls: 1, backend: 'wasm', hypercalls: 3 });
  expect(virtines['main.ts#repeat']!.bytesOut).toBeGreaterThan(300);
  expect(virtines['main.ts#repeat']!.memory).toBeGreaterThan(0);

  expect(await runBuilt(cwd, '1000', '10')).toBe('3000 10\n');
  const outgrown = await runBuilt(cwd, '5000', '1');
  expect(outgrown).toMatch(/^ERR_LIMIT_OUTPUT .*the profile colony\.profile\.json, of 1 calls of `repeat`/);
  expect(outgrown).toMatch(/run `colony profile` again with calls like this one, or set limits\.bytesOut/);
  expect(await runBuilt(cwd, '1', '17')).toMatch(/^ERR_LIMIT_HYPERCALLS .*limits\.hypercalls/);
}, 300_000);

it('adds to a profile, whose limits do not stop the recording', async () => {
  const cwd = project();
  await colony(['profile', 'main.ts', '--', '1', '1'], { cwd });
  const added = await colony(['profile', '--add', 'main.ts', '--', '5000', '40'], { cwd });
  expect(added).toMatchObject({ status: 0, stderr: '15000 40\n' });
  expect(profileIn(cwd).virtines['main.ts#ask']).toMatchObject({ calls: 2, hypercalls: 40 });
  const explained = await colony(['explain', 'main.ts'], { cwd });
  expect(explained.stdout).toMatch(
    /Limits, from the profile colony\.profile\.json of 2 calls on wasm[\s\S]*hypercalls: 80/,
  );
  expect(await runBuilt(cwd, '5000', '60')).toBe('15000 60\n');
}, 300_000);

it('a failing run and an invalid file do not make a profile', async () => {
  const cwd = project();
  expect(await colony(['profile', 'main.ts', '--', 'fail'], { cwd })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('ended with status 3'),
  });
  const bad = folderWith({
    'main.ts': MAIN,
    'package.json': '{ "type": "module" }',
    'colony.profile.json': '{"format": 9}',
  });
  symlinkSync(NODE_MODULES, join(bad, 'node_modules'));
  expect(await colony(['build', 'main.ts', '-o', 'dist', '--no-types'], { cwd: bad })).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('record it again with colony profile'),
  });
  expect(existsSync(join(bad, 'dist'))).toBe(false);
}, 300_000);

it('explain measures with --measure', async () => {
  const cwd = folderWith({
    'main.ts': `export async function twice(n: number): Promise<number> { 'use virtine'; return 2 * n; }\n`,
  });
  const measured = await colony(['explain', 'main.ts', '--measure', '--args', '[21]', '--backend', 'wasm'], { cwd });
  expect(measured).toMatchObject({ status: 0, stderr: '' });
  expect(measured.stdout).toMatch(
    /general, on wasm: cold [\d.]+ ms, snapshot \d+ KiB, pages written by a call \d+, fresh call [\d.]+ us/,
  );
  expect(measured.stdout).toMatch(/bespoke, on wasm: cold/);
  const plain = await colony(['explain', 'main.ts'], { cwd });
  expect(plain.stdout).not.toContain('measured');
}, 300_000);

it('explain measures C virtines, too: the general image beside their own', async (context) => {
  const problem = kvmProblem();
  if (problem !== undefined) context.skip(problem);
  const cwd = folderWith({ 'twice.virtine.c': 'virtine int twice(int n) { return 2 * n; }\n' });
  const flags = ['--measure', '--args', '[21]', '--backend', 'kvm'];
  const measured = await colony(['explain', 'twice.virtine.c', ...flags], { cwd });
  expect(measured).toMatchObject({ status: 0, stderr: '' });
  expect(measured.stdout).toMatch(/general, on kvm: cold .*\n {2}bespoke, on kvm: cold/);
}, 300_000);
