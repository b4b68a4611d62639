import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { colony, folderWith } from './lib.js';

const SEES = `export async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;

it('check names file and line of a directive that nothing compiles', async () => {
  const cwd = folderWith({ 'package.json': '{ "name": "app" }', 'sees.mjs': SEES });
  const text = await colony(['check'], { cwd });
  expect(text).toMatchObject({ status: 1, stderr: '' });
  expect(text.stdout).toMatch(/^sees\.mjs:2:3: .*runs unisolated\n {4}what to do: .*register/);
  const json = await colony(['check', 'sees.mjs', '--json'], { cwd });
  expect(json.status).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    ok: false,
    problems: [{ kind: 'uncompiled', file: 'sees.mjs', line: 2 }],
  });
});

it('check passes if a script of the project compiles, and names it', async () => {
  const scripts = { start: 'node --import @colony/compiler/register sees.mjs' };
  const cwd = folderWith({ 'package.json': JSON.stringify({ name: 'app', scripts }), 'sees.mjs': SEES });
  const { status, stdout } = await colony(['check', '.'], { cwd });
  expect({ status, stdout }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/compiled by: hooks \(.*package\.json\)/),
  });
});

it('check of a missing path is a mistake of the command line', async () => {
  const { status, stderr } = await colony(['check', 'missing'], { cwd: folderWith({}) });
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('missing is not there') });
});

const LOOPS = `export async function loops(n: number): Promise<number> {\n  'use virtine';\n  return n + 1;\n}\n`;
const WARNED = `let hits = 0;\nexport function hit() {\n  hits += 1;\n  return hits;\n}\n`;
const compiled = (more: Readonly<Record<string, string>>) =>
  folderWith({
    'package.json': JSON.stringify({ type: 'module', scripts: { build: 'colony build loops.ts -o dist' } }),
    'loops.ts': LOOPS,
    ...more,
  });

it('check --compile reports refusals, and writes nothing', async () => {
  const fine = await colony(['check', '--compile'], { cwd: compiled({}) });
  expect(fine).toMatchObject({ status: 0, stderr: '' });
  expect(fine.stdout).toMatch(/1 virtines compiled, 0 files refused, 0 warnings; there is no lock\n$/);
  const cwd = compiled({ 'bad.ts': LOOPS.replace('n + 1', 'process.pid') });
  const { status, stdout } = await colony(['check', '--compile', '--json'], { cwd });
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    ok: false,
    problems: [],
    virtines: [{ name: 'loops', file: 'loops.ts' }],
    errors: [{ code: 'ERR_COMPILE', message: expect.stringContaining('bad.ts:3:10: virtine `loops`') }],
  });
  expect(readdirSync(cwd).sort()).toEqual(['bad.ts', 'loops.ts', 'package.json']);
});

it('check --max-warnings counts the warnings of the compiler', async () => {
  const importing = `import { hit } from './state.js';\n${LOOPS.replace('n + 1', 'n + hit()')}`;
  const cwd = compiled({ 'state.ts': WARNED, 'loops.ts': importing });
  expect(await colony(['check', '--compile'], { cwd })).toMatchObject({ status: 0 });
  const strict = await colony(['check', '--max-warnings', '0'], { cwd });
  expect(strict.status).toBe(1);
  expect(strict.stdout).toMatch(/warning state\.ts:3:3: [\s\S]*1 virtines compiled, 0 files refused, 1 warnings/);
  expect(await colony(['check', '--max-warnings', '1'], { cwd })).toMatchObject({ status: 0 });
  const odd = await colony(['check', '--max-warnings', 'few'], { cwd });
  expect(odd).toMatchObject({ status: 2, stderr: expect.stringContaining('--max-warnings few') });
});

it('check --compile fails if a grant is wider than the lock, and does not change the lock', async () => {
  const cwd = compiled({});
  await colony(['explain', 'loops.ts', '--lock'], { cwd, env: { CI: '' } });
  const lock = readFileSync(join(cwd, 'colony.lock.json'), 'utf8');
  const same = await colony(['check', '--compile'], { cwd });
  expect(same).toMatchObject({ status: 0, stdout: expect.stringContaining('compared with the lock') });
  writeFileSync(join(cwd, 'loops.ts'), LOOPS.replace('n + 1', 'n + Date.now()'));
  const wider = await colony(['check', '--compile'], { cwd, env: { CI: '' } });
  expect(wider).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/wider than colony\.lock\.json says: clock/),
  });
  expect(readFileSync(join(cwd, 'colony.lock.json'), 'utf8')).toBe(lock);
});
