import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { colony } from './lib.js';

vi.setConfig({ testTimeout: 120_000 });

it('--help lists the commands, exit statuses and examples', async () => {
  const { status, stdout } = await colony(['--help']);
  expect(status).toBe(0);
  for (const word of ['run', 'doctor', 'inspect', 'Exit status:', 'Examples:']) expect(stdout).toContain(word);
  // It must be readable on an ordinary terminal.
  expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
});

it.each(['run', 'doctor', 'inspect'])('%s --help', async (command) => {
  const { status, stdout } = await colony([command, '--help']);
  expect(status).toBe(0);
  expect(stdout).toContain(`Usage: colony ${command}`);
});

it('--help loads no backend and no core', async () => {
  const source = readFileSync(new URL('../dist/program.js', import.meta.url), 'utf8');
  expect([...source.matchAll(/^import .* from '([^.'][^']*)'/gm)].map((match) => match[1])).toEqual(['commander']);
});

it('without a command, help is printed with the status of a mistake', async () => {
  const { status, stdout } = await colony([]);
  expect(status).toBe(2);
  expect(stdout).toContain('Usage: colony');
});

it('an unknown command or option is a usage error', async () => {
  expect((await colony(['dance'])).status).toBe(2);
  expect((await colony(['run', 'x.js', '--dance'])).status).toBe(2);
  expect((await colony(['run'])).stderr).toContain('missing required argument');
});

it('help, with and without a command, prints the same as --help', async () => {
  expect(await colony(['help'])).toEqual(await colony(['--help']));
  for (const command of ['run', 'doctor', 'bench'])
    expect(await colony(['help', command])).toEqual(await colony([command, '--help']));
  expect(await colony(['help', 'dance'])).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining("'dance'"),
  });
});

it.each(['--version', '-v'])('%s is the package version', async (flag) => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect((await colony([flag])).stdout.trim()).toBe(version);
});
