/** Children and folders end with their thread; folders of a killed process are removed by the next one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { owner, temporaryFolder } from '../dist/index.js';
import { execute } from '../dist/toolchain.js';
import { type Remains, remains, ScriptedRemains } from '../src/ending/remains.js';
import { cacheDir } from './lib/cache.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-ending-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const index = new URL('../dist/index.js', import.meta.url).href;

it('the native part holds under ASan and UBSan', async () => {
  const tests = new URL('../native/test', import.meta.url).pathname;
  const run = await execute('make', ['-C', tests, `OUT=${cacheDir}/ending-test`, 'check']);
  expect(run.stderr).toBe('');
  expect(run.stdout).toMatch(/ending: all tests passed/);
}, 300_000);

/** Starts a child in its own group that has a child, makes a folder, and reports both. */
const THREAD = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { spawn } = require('node:child_process');
  const { mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
  import(${JSON.stringify(index)}).then(({ endWithThread, removeWithThread, temporaryFolder }) => {
    const child = spawn('/bin/sh', ['-c', 'sleep 1000; sleep 1000'], { stdio: 'ignore', detached: true });
    endWithThread(child);
    const tree = temporaryFolder('test');
    mkdirSync(tree + '/a/b', { recursive: true });
    writeFileSync(tree + '/a/b/file', '');
    symlinkSync(workerData, tree + '/a/link');
    const empty = workerData + '/empty';
    mkdirSync(empty);
    removeWithThread(empty);
    parentPort.postMessage({ pid: child.pid, tree, empty });
    setInterval(() => {}, 1000);
  });
`;

it('a terminated thread leaves no child, no zombie and no folder', async () => {
  const kept = join(folder, 'kept');
  mkdirSync(kept);
  writeFileSync(join(kept, 'file'), '');
  const thread = new Worker(THREAD, { eval: true, workerData: kept });
  const [{ pid, tree, empty }] = await once(thread, 'message');
  expect([pid, tree, empty].map((place) => existsSync(typeof place === 'number' ? `/proc/${place}` : place))).toEqual([
    true,
    true,
    true,
  ]);
  await thread.terminate();
  // A zombie would still exist.
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect([tree, empty].filter((path) => existsSync(path))).toEqual([]);
  // The targets of links are not removed.
  expect(readdirSync(kept)).toEqual(['file']);
});

describe.each([
  ['the addon', () => remains()],
  ['JavaScript alone', () => new ScriptedRemains()],
])('%s', (_, make: () => Remains) => {
  it('ends registered processes, and not unregistered ones', async () => {
    const own = make();
    const [ended, spared] = ['ended', 'spared'].map(() => spawn('sleep', ['1000'], { stdio: 'ignore' }));
    const [tree, directory, kept] = ['tree', 'directory', 'kept-tree'].map((name) => {
      const path = mkdtempSync(join(folder, `${name}-`));
      return path;
    });
    writeFileSync(join(tree!, 'file'), '');
    own.addProcess(ended!.pid!);
    own.remove(own.addProcess(spared!.pid!));
    own.addTree(tree!);
    own.addDirectory(directory!);
    own.remove(own.addTree(kept!));
    own.end();
    expect([tree!, directory!, kept!].map((path) => existsSync(path))).toEqual([false, false, true]);
    spared!.kill('SIGTERM');
    expect((await once(spared!, 'exit'))[1]).toBe('SIGTERM');
    await expect.poll(() => existsSync(`/proc/${ended!.pid}`)).toBe(false);
  });
});

it('folders of processes that are gone are removed, and no others', () => {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = join(folder, 'tmp');
  mkdirSync(process.env['TMPDIR']);
  try {
    const namespace = owner.split('.')[0];
    const start = owner.split('.')[2]!.replace('-', '');
    const at = (name: string) => join(process.env['TMPDIR']!, name);
    const gone = [`colony-c-${namespace}.999999999.1-abcdef`, `colony-c-${namespace}.${process.pid}.1${start}-abcdef`];
    const others = [
      `colony-c-${owner}abcdef`,
      `colony-c-1.999999999.1-abcdef`,
      `other-${namespace}.999999999.1-abcdef`,
      'colony-c-abcdef',
    ];
    for (const name of [...gone, ...others]) mkdirSync(at(name));
    const link = `colony-l-${namespace}.999999999.1-abcdef`;
    symlinkSync(at('colony-c-abcdef'), at(link));
    const made = temporaryFolder('c');
    expect(readdirSync(at('.')).map(at).sort()).toEqual([...others.map(at), at(link), made].sort());
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});
