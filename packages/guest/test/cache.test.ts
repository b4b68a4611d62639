/** The place of built images if the usual place cannot be written. */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defaultCacheDir } from '../src/cache.js';

const NAMES = ['COLONY_CACHE_DIR', 'XDG_CACHE_HOME', 'HOME', 'TMPDIR'] as const;
const before = NAMES.map((name) => [name, process.env[name]] as const);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-cache-test-'));
  // A file in place of a folder: nothing can be created below it, not even by root.
  writeFileSync(join(folder, 'file'), '');
  mkdirSync(join(folder, 'tmp'));
  delete process.env.COLONY_CACHE_DIR;
  process.env.XDG_CACHE_HOME = join(folder, 'file');
  process.env.TMPDIR = join(folder, 'tmp');
});

afterEach(() => {
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  rmSync(folder, { recursive: true });
});

const own = () => join(folder, 'tmp', `colony-cache-${process.getuid!()}`);
const refusal = expect.objectContaining({
  code: 'ERR_BAD_OPTION',
  message: expect.stringContaining('COLONY_CACHE_DIR'),
  details: { path: 'COLONY_CACHE_DIR' },
});

it("the cache is in the user's cache folder, if it can be written", () => {
  process.env.XDG_CACHE_HOME = join(folder, 'cache');
  expect(defaultCacheDir()).toBe(join(folder, 'cache/colony'));
  expect(existsSync(join(folder, 'cache/colony'))).toBe(true);
});

it('the cache is in a private temporary folder otherwise', () => {
  expect(defaultCacheDir()).toBe(own());
  expect(lstatSync(own()).mode & 0o777).toBe(0o700);
  expect(defaultCacheDir()).toBe(own());
});

it('a temporary folder that others could fill is refused', () => {
  mkdirSync(own());
  chmodSync(own(), 0o777);
  expect(() => defaultCacheDir()).toThrow(refusal);
});

it('a link in its place is refused', () => {
  mkdirSync(join(folder, 'elsewhere'), { mode: 0o700 });
  symlinkSync(join(folder, 'elsewhere'), own());
  expect(() => defaultCacheDir()).toThrow(refusal);
});

it('a folder of another user in its place is refused', (context) => {
  if (process.getuid!() !== 0) context.skip('only root can give a folder to another user');
  mkdirSync(own(), { mode: 0o700 });
  chownSync(own(), 65534, 65534);
  expect(() => defaultCacheDir()).toThrow(refusal);
});

it('a COLONY_CACHE_DIR that cannot be written is an error that names it', () => {
  process.env.COLONY_CACHE_DIR = join(folder, 'file/below');
  expect(() => defaultCacheDir()).toThrow(refusal);
  process.env.COLONY_CACHE_DIR = join(folder, 'given');
  expect(defaultCacheDir()).toBe(join(folder, 'given'));
});
