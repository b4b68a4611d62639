/** Workers find packages under Yarn's Plug'n'Play, and take no extra options elsewhere. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { workerOptions } from '../src/run/resolution.js';

function pnpFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'colony-pnp-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

it('without Plug-and-Play a worker takes no options', () => {
  expect(workerOptions(undefined)).toEqual([]);
});

it("under it a worker has Yarn's hooks for require and import", () => {
  const folder = pnpFolder();
  writeFileSync(join(folder, '.pnp.loader.mjs'), '');
  const map = join(folder, '.pnp.cjs');
  expect(workerOptions('3', () => map)).toEqual([
    '--no-warnings',
    '--require',
    map,
    '--experimental-loader',
    pathToFileURL(join(folder, '.pnp.loader.mjs')).href,
  ]);
});

it('a worker needs only the hook for require if Yarn writes no loader', () => {
  const map = join(pnpFolder(), '.pnp.cjs');
  expect(workerOptions('3', () => map)).toEqual(['--no-warnings', '--require', map]);
});
