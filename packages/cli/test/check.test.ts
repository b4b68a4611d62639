import { expect, test } from 'vitest';
import { colony, folderWith } from './lib.js';

const SEES = `export async function sees() {\n  'use virtine';\n  return typeof process;\n}\n`;

test('check names file and line of a directive that nothing compiles', async () => {
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

test('check passes where a script of the project compiles, and says which', async () => {
  const scripts = { start: 'node --import @colony/compiler/register sees.mjs' };
  const cwd = folderWith({ 'package.json': JSON.stringify({ name: 'app', scripts }), 'sees.mjs': SEES });
  const { status, stdout } = await colony(['check', '.'], { cwd });
  expect({ status, stdout }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/compiled by: hooks \(.*package\.json\)/),
  });
});

test('check of a path that is not there is a mistake of the command line', async () => {
  const { status, stderr } = await colony(['check', 'missing'], { cwd: folderWith({}) });
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('missing is not there') });
});
