/** `colony bench` is the command line of a separate package, which is loaded on demand. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadBench } from '../src/commands/bench.js';
import { colony, folderWith } from './lib.js';

it('its help and options are those of @colony/bench', async () => {
  const { status, stdout } = await colony(['bench', '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain('Usage: colony bench [options]');
  for (const option of ['--suite', '--quick', '--json', '--html', '--compare']) expect(stdout).toContain(option);
});

it('a short run writes its report', { timeout: 300_000 }, async () => {
  const folder = folderWith({});
  const json = join(folder, 'out.json');
  const args = [
    'bench',
    '--suite',
    'floor',
    '--only',
    '^c\\.call$',
    '--quick',
    '--json',
    json,
    '--html',
    join(folder, 'out.html'),
  ];
  const { status, stdout } = await colony(args, { cwd: folder });
  expect(status).toBe(0);
  expect(stdout).toContain('c.call');
  expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ suite: 'floor', quick: true });
  expect(readFileSync(join(folder, 'out.html'), 'utf8')).toContain('<svg');
});

it('a mistake on its command line has the usual status', { timeout: 300_000 }, async () => {
  expect(await colony(['bench', '--suite', 'nothing'])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('nothing'),
  });
  expect((await colony(['bench', '--trials', 'many'])).status).toBe(2);
  const folder = folderWith({});
  const missing = await colony(['bench', '--quick', '--compare', 'not-there.json'], { cwd: folder });
  expect(missing).toMatchObject({ status: 1, stderr: expect.stringContaining('--compare not-there.json') });
});

it('without the package, one line explains how to install it', async () => {
  const notFound = Object.assign(new Error("Cannot find package '@colony/bench' imported from here"), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
  await expect(loadBench(() => Promise.reject(notFound))).rejects.toThrow(
    /@colony\/bench: install it from where this command came from/,
  );
  // Another missing package is a separate error.
  const other = Object.assign(new Error("Cannot find package 'vega'"), { code: 'ERR_MODULE_NOT_FOUND' });
  await expect(loadBench(() => Promise.reject(other))).rejects.toThrow("'vega'");
});
