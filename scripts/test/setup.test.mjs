// The cases that set-up distinguishes: each branch that a user on another machine would see.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { debianMirror } from '../lib/debian.mjs';
import { outdatedLock, staleDependency } from '../lib/dependencies.mjs';
import { kvmProblem } from '../lib/kvm.mjs';
import { withLock } from '../lib/lock.mjs';
import { CommandFailed, run } from '../lib/run.mjs';
import { debianPackages } from '../lib/tools.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string} file @param {Record<string, object>} packages */
function writeLock(file, packages) {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, file), JSON.stringify({ packages }));
}

it('dependencies are missing, of another version, or as locked', () => {
  const one = { version: '1.0.0', integrity: 'x' };
  expect(staleDependency(folder)).toBe('nothing is installed');
  writeLock('package-lock.json', {
    '': {},
    'packages/core': {},
    'node_modules/one': one,
    'node_modules/mac': { ...one, optional: true },
  });
  writeLock('node_modules/.package-lock.json', {});
  expect(staleDependency(folder)).toBe('node_modules/one');
  writeLock('node_modules/.package-lock.json', { 'node_modules/one': { ...one, version: '1.0.1' } });
  expect(staleDependency(folder)).toBe('node_modules/one');
  writeLock('node_modules/.package-lock.json', { 'node_modules/one': one });
  expect(staleDependency(folder), 'listed, but its folder was removed').toBe('node_modules/one');
  mkdirSync(join(folder, 'node_modules/one'));
  expect(staleDependency(folder)).toBeUndefined();
});

it('a package.json that was edited without its lock file', () => {
  writeLock('package-lock.json', { '': { devDependencies: { one: '1.0.0' } } });
  writeFileSync(join(folder, 'package.json'), '{ "devDependencies": { "one": "1.0.0" } }');
  expect(outdatedLock(folder)).toBeUndefined();
  writeFileSync(join(folder, 'package.json'), '{ "devDependencies": { "one": "2.0.0" } }');
  expect(outdatedLock(folder)).toBe('package.json');
});

/**
 * Runs as another user if this one is root, who may open anything. Switches after all modules are loaded, because a
 * home may be closed to others.
 * @param {string} device
 */
function kvmProblemAsUser(device) {
  const script = `import(process.argv[1]).then(({ kvmProblem }) => {
    if (process.getuid() === 0) process.setgroups([]), process.setgid(65534), process.setuid(65534);
    console.log(kvmProblem(process.argv[2]));
  })`;
  const args = ['-e', script, new URL('../lib/kvm.mjs', import.meta.url).href, device];
  return execFileSync(process.execPath, args, { encoding: 'utf8' }).trim();
}

it('kvm is missing, usable, not a device, or not permitted, each on one line', (context) => {
  expect(kvmProblem(join(folder, 'kvm'))).toMatch(/^.*kvm is missing.*Remedy: .*$/);
  expect(kvmProblem('/dev/null')).toBeUndefined();
  expect(kvmProblem(folder)).toMatch(/^.* is a folder, not a device.*Remedy: .*$/);
  // Readable by all, writable only by root.
  const device = ['/dev/hwrng', '/dev/vga_arbiter', '/dev/console', '/dev/kmsg'].find(rootsOnly);
  if (device === undefined) context.skip('no device here is closed to ordinary users');
  expect(kvmProblemAsUser(device ?? '')).toMatch(/^no permission to open .*Remedy: .*$/);
});

it('CONTRIBUTING names every Debian package that set-up may install', () => {
  const text = readFileSync(new URL('../../CONTRIBUTING.md', import.meta.url), 'utf8');
  expect(text).toContain(`sudo apt-get install ${debianPackages({ tests: true }).join(' ')}\n`);
});

it('the Debian mirror is read from either form of apt lists', () => {
  expect(debianMirror(folder)).toBeUndefined();
  mkdirSync(join(folder, 'sources.list.d'));
  writeFileSync(join(folder, 'sources.list.d/other.list'), 'deb http://one.test/tools stable main\n');
  expect(debianMirror(folder), 'not every list is of Debian').toBeUndefined();
  writeFileSync(join(folder, 'sources.list.d/debian.sources'), 'Types: deb\nURIs: http://two.test/debian\n');
  expect(debianMirror(folder)).toBe('http://two.test/debian');
  writeFileSync(join(folder, 'sources.list'), '# none\ndeb [signed-by=/k] http://three.test/debian/ sid main\n');
  expect(debianMirror(folder)).toBe('http://three.test/debian/');
});
/** @param {string} device */
function rootsOnly(device) {
  const stats = statSync(device, { throwIfNoEntry: false });
  return stats?.isCharacterDevice() === true && stats.uid === 0 && (stats.mode & 0o006) !== 0o006;
}

it('one set-up runs at a time; a lock whose owner is gone has no effect', async () => {
  const lock = join(folder, 'lock');
  writeFileSync(lock, '999999999');
  let inside = 0;
  let most = 0;
  const work = async () => {
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setTimeout(resolve, 50));
    inside--;
  };
  await withLock(lock, work);
  expect(existsSync(lock)).toBe(false);
  await Promise.all([withLock(lock, work), withLock(lock, work)]);
  expect(most).toBe(1);
});

it('a failing command is reported with its status and the path of its log', async () => {
  const failing = run('test of a failing command', 'sh', ['-c', 'echo what went wrong >&2; exit 3']);
  await expect(failing).rejects.toThrow(CommandFailed);
  await expect(failing).rejects.toThrow(/failed \(3\); the whole log: .*test-of-a-failing-command\.log/);
  await expect(run('test of no command', 'no-such-command', [])).rejects.toThrow(/failed \(127\)/);
});
