/** Tests `colony exec`: its arguments, the files that it writes, and runs where kvm works. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { printable } from '@colony/core';
import { linuxImagePath } from '@colony/guest';
import { describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { listFiles, writeFiles } from '../dist/exec/made-files.js';
import { readMapping, readVariables, workingDirectory } from '../dist/exec/options.js';
import { endText, exitStatus, readResult } from '../dist/exec/result.js';
import { colony, colonyHere, folderWith } from './lib.js';

describe('mistakes', () => {
  it.each([
    [['no-such-command'], /no-such-command: there is no such command/],
    [['./plain'], /\.\/plain: there is no such command/],
    [['--files', 'none', '--', 'ls'], /ENOENT: .*none: there is no such file/],
    [['--files', 'relative=.', '--', 'ls'], /--files: a path in the guest is absolute/],
    [['--env', 'NAME', '--', 'ls'], /--env: expected NAME=VALUE/],
    [['--env', '=x', '--', 'ls'], /--env: expected NAME=VALUE/],
    [['--memory', 'much', '--', 'ls'], /--memory: expected a size/],
    [['--policy', 'none.json', '--', 'ls'], /none\.json: there is no such file/],
    [['--stdin', 'none.txt', '--', 'ls'], /none\.txt: there is no such file/],
    [['./text'], /neither an ELF file nor a script.*executable/],
    [['ls', '-l'], /unknown option '-l'/],
    [[], /missing required argument 'command'/],
  ])('%o', async (args, message) => {
    const cwd = folderWith({ plain: 'x', text: 'print(1)' });
    fs.chmodSync(join(cwd, 'text'), 0o755);
    const { status, stdout, stderr } = await colonyHere(['exec', ...args], cwd);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/ERR_INTERNAL|\n {4}at /);
  });

  it("--json behind -- is the command's", async () => {
    const { stdout } = await colonyHere(['exec', '--files', 'none', '--', 'ls', '--json'], folderWith({}));
    expect(stdout).toBe('');
    const json = await colonyHere(['exec', '--json', '--files', 'none', '--', 'ls'], folderWith({}));
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: 'ENOENT' } });
  });

  it('a backend that runs no Linux programs says why', async () => {
    const { status, stderr } = await colonyHere(['exec', '-b', 'wasm', '--stdin', '/dev/null', '--', 'ls'], '/');
    expect(status).toBe(2);
    expect(stderr).toMatch(/ERR_UNSUPPORTED.*WebAssembly has no Linux system calls/);
  });
});

describe('files and variables', () => {
  it('a folder has its own path, or another', () => {
    const folder = folderWith({ 'a=b/file': '' });
    expect(readMapping(folder)).toEqual({ guest: folder, host: folder });
    expect(readMapping(`/data/=${folder}`)).toEqual({ guest: '/data', host: folder });
    expect(readMapping(join(folder, 'a=b'))).toEqual({ guest: join(folder, 'a=b'), host: join(folder, 'a=b') });
  });

  it('a value may be empty, and have more signs', () => {
    expect(readVariables(['A=', 'B=c=d'])).toEqual({ A: '', B: 'c=d' });
  });

  it('the command starts in the working directory if it can read that', () => {
    expect(workingDirectory([], '/work')).toBeUndefined();
    expect(workingDirectory([{ guest: '/data', host: '/work' }], '/work/sub')).toBe('/data/sub');
    expect(workingDirectory([{ guest: '/work', host: '/work' }], '/work')).toBe('/work');
    expect(workingDirectory([{ guest: '/w', host: '/w' }], '/work')).toBeUndefined();
    expect(workingDirectory([{ guest: '/root', host: '/' }], '/work')).toBe('/root/work');
  });
});

describe('results of a hostile guest', () => {
  const bytes = new Uint8Array();
  const good = { status: 0, signal: null, stdout: bytes, stderr: bytes, files: {} };

  it.each([
    null,
    7,
    {},
    { ...good, status: 256 },
    { ...good, status: -1 },
    { ...good, status: null },
    { ...good, signal: 'SIGSEGV' },
    { ...good, status: null, signal: 'SIGNONE' },
    { ...good, status: null, signal: 'toString' },
    { ...good, stdout: 'text' },
    { ...good, files: null },
    { ...good, files: { '/a': 'text' } },
  ])('%o is refused', (result) => {
    expect(() => readResult(result)).toThrow(expect.objectContaining({ code: 'ERR_GUEST_PROTOCOL' }));
  });

  it('the exit status is that of a shell', () => {
    expect(exitStatus(readResult({ ...good, status: 3 }))).toBe(3);
    expect(exitStatus(readResult({ ...good, status: null, signal: 'SIGSEGV' }))).toBe(139);
    expect(endText('sort', 'SIGSEGV')).toBe('sort was ended by SIGSEGV: it used memory that it does not have');
    expect(endText('sort', 'SIGUSR1')).toBe('sort was ended by SIGUSR1');
  });

  it('files are written below the folder only', () => {
    const root = folderWith({ 'outside/secret': 'secret', 'out/there': 'old', 'out/file': 'x' });
    const [out, outside] = [join(root, 'out'), join(root, 'outside')];
    fs.symlinkSync(outside, join(out, 'link'));
    fs.symlinkSync(join(outside, 'secret'), join(out, 'secret'));
    execFileSync('mkfifo', [join(out, 'pipe')]);
    const content = Buffer.from('made');
    const bad = [
      '/../outside/a',
      '/a/../../outside/b',
      'relative',
      '/a//b',
      '/./a',
      '/',
      '',
      '/a\0b',
      '/a\x1b[2J',
      `/${'x'.repeat(256)}`,
      '/link/new',
      '/secret',
      '/file/below',
      '/pipe',
    ];
    const files = Object.fromEntries([...bad, '/deep/er/file', '/there'].map((path) => [path, content]));
    const lines = writeFiles(out, files);
    expect(lines).toHaveLength(bad.length);
    for (const line of lines) expect([line, printable(line)]).toEqual([line, line]);
    expect(fs.readFileSync(join(out, 'deep/er/file'), 'utf8')).toBe('made');
    expect(fs.readFileSync(join(out, 'there'), 'utf8')).toBe('made');
    expect(fs.readdirSync(outside)).toEqual(['secret']);
    expect(fs.readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(fs.readdirSync(root).sort()).toEqual(['out', 'outside']);
  });

  it('listed paths cannot write to the terminal', () => {
    const [line = ''] = listFiles({ '/a\x1b[2J': new Uint8Array(1536) });
    expect(line).toBe(printable(line));
    expect(line).toMatch(/^made \/a.*\(1\.5 KiB\)$/);
  });
});

const PROGRAM = `
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int count, char **arguments) {
  if (strcmp(arguments[1], "echo") == 0) { for (int c; (c = getchar()) != EOF;) putchar(c); return 0; }
  if (strcmp(arguments[1], "exit") == 0) { fputs("bye\\n", stderr); return atoi(arguments[2]); }
  if (strcmp(arguments[1], "crash") == 0) *(volatile int *)8 = 1;
  if (strcmp(arguments[1], "make") == 0) { FILE *file = fopen("/tmp/made", "w"); fputs("made", file); return fclose(file); }
  char text[99] = "", place[99];
  FILE *file = fopen(arguments[2], "r");
  if (file != NULL) fgets(text, sizeof text, file);
  printf("%s in %s, A is %s\\n", text, getcwd(place, sizeof place), getenv("A"));
  return 0;
}`;

function problem(): string | undefined {
  const noKvm = kvmProblem();
  if (noKvm !== undefined) return noKvm;
  return fs.existsSync(linuxImagePath) ? undefined : "the library OS's image is not built";
}

describe('with kvm', () => {
  const skipped = problem();
  const program = () => {
    const folder = folderWith({ 'main.c': PROGRAM, 'data/text': 'some text' });
    execFileSync('gcc', ['-static', '-O1', '-o', 'main', 'main.c'], { cwd: folder });
    return folder;
  };
  const kvm = (name: string, body: (cwd: string) => Promise<void>) =>
    it(name, async (context) => {
      if (skipped !== undefined) context.skip(skipped);
      await body(program());
    });

  kvm('input, output and status are those of the command', async (cwd) => {
    const run = (args: string[], input = '') => colony(['exec', '--', './main', ...args], { cwd, input });
    expect(await run(['echo'], 'input')).toEqual({ status: 0, stdout: 'input', stderr: '' });
    expect(await run(['exit', '7'])).toEqual({ status: 7, stdout: '', stderr: 'bye\n' });
    expect(await run(['crash'])).toMatchObject({ status: 139, stderr: expect.stringContaining('SIGSEGV') });
  });

  kvm('it reads what --files names, in the working directory', async (cwd) => {
    const args = ['exec', '--env', 'A=b', '--files', 'data', '--', '../main', 'show', 'text'];
    const data = join(cwd, 'data');
    expect((await colony(args.toSpliced(4, 1, '.'), { cwd: data })).stdout).toBe(`some text in ${data}, A is b\n`);
    const elsewhere = args.toSpliced(4, 1, '/data=.');
    expect((await colony(elsewhere, { cwd: data })).stdout).toBe('some text in /data, A is b\n');
  });

  kvm('files that it made are listed, or written', async (cwd) => {
    const listed = await colony(['exec', '--', './main', 'make'], { cwd });
    expect(listed).toEqual({ status: 0, stdout: '', stderr: 'made /tmp/made (4 bytes)\n' });
    await colony(['exec', '--out', 'out', '--', './main', 'make'], { cwd });
    expect(fs.readFileSync(join(cwd, 'out/tmp/made'), 'utf8')).toBe('made');
    const json = JSON.parse((await colony(['exec', '--json', '--', './main', 'make'], { cwd })).stdout);
    expect(json).toMatchObject({
      ok: true,
      status: 0,
      signal: null,
      files: { '/tmp/made': { $type: 'Uint8Array', base64: 'bWFkZQ==' } },
    });
  });
});
