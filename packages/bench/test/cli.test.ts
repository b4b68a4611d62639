// The command line in this process: problems are reported before anything is measured.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { main } from '../src/cli.js';
import { suiteNames } from '../src/suites/index.js';

let folder = '';
let said = '';
const hear = (text: unknown) => {
  said += `${text}\n`;
  return true;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-bench-'));
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation(hear);
  vi.spyOn(process.stderr, 'write').mockImplementation(hear);
  vi.spyOn(console, 'log').mockImplementation(hear);
  vi.spyOn(console, 'error').mockImplementation(hear);
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const run = async (...args: string[]) => {
  const status = await main([...args, '--cache', join(folder, 'cache')]);
  return { status, said };
};
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

it('the help names every option and describes each suite', async () => {
  const { status, said: help } = await run('--help');
  expect(status).toBe(0);
  for (const option of ['--suite', '--quick', '--json', '--html', '--compare', '--until'])
    expect(help).toContain(option);
  for (const name of suiteNames()) expect(help).toMatch(new RegExp(`^  ${name} +\\w+.* \\w+`, 'm'));
});

it.each(suiteNames())('the list of %s has the subjects in a column of their own', async (suite) => {
  expect(await run('--suite', suite, '--list')).toMatchObject({ status: 0 });
  for (const line of said.trim().split('\n')) expect(line).toMatch(/^\S+ {2,}\S/);
});

it.each([
  [['--suite', 'none'], 2, 'Allowed choices are floor'],
  [['--rounds', '0'], 2, 'positive integer'],
  [['--until', '200%'], 2, 'less than 100'],
  [['--only', 'zzz'], 1, 'no subject matches zzz: --list shows what there is'],
  [['--only', '('], 1, '--only (: Invalid regular expression'],
  [['--compare', '/not/there.json'], 1, '--compare /not/there.json: ENOENT'],
  [['--json', '/not/there/out.json'], 1, '--json /not/there/out.json: there is no folder /not/there'],
  [['--html', '/'], 1, '--html /: it is a folder'],
] as const)('%j is refused at once', async (args, status, words) => {
  expect(await run('--quick', ...args)).toEqual({ status, said: expect.stringContaining(words) });
  // A run would record itself before its first trial.
  expect(existsSync(join(folder, 'cache'))).toBe(false);
});

it('an invalid old report, or one of another suite, is refused at once', async () => {
  const compared = (name: string, content: string) => run('--quick', '--compare', file(name, content));
  expect((await compared('page.html', '<!DOCTYPE html>')).said).toContain('it is not JSON; give a file');
  expect((await compared('null.json', 'null')).said).toContain('it is not a report of the bench');
  expect((await compared('other.json', '{}')).said).toContain('it is not a report of the bench');
  expect((await compared('work.json', '{"suite":"work"}')).said).toContain(
    "it is a report of the suite 'work', and this run is of 'floor'",
  );
});
