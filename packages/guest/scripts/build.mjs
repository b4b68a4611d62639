#!/usr/bin/env node
// Builds this package: the ABI's numbers, TypeScript, and the addon that ends what a thread leaves behind.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

/** @param {string} what @param {string} command @param {readonly string[]} args */
function run(what, command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`@colony/guest: ${what} failed${error ? `: ${error.message}` : ''}`);
  process.exit(status ?? 1);
}

/** With no library: see native/ending.c. */
const ADDON = ['-shared', '-fPIC', '-fvisibility=hidden', '-nostdlib', '-s', '-U_FORTIFY_SOURCE'];

run("generating the ABI's numbers", process.execPath, [join(root, '../../scripts/gen-abi.mjs')]);
run('compiling TypeScript', process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.']);
if (process.platform === 'linux') {
  mkdirSync(join(root, 'dist/native'), { recursive: true });
  run('compiling the addon', process.env.CC ?? 'gcc', [
    ...['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', ...ADDON],
    ...['native/ending.c', '-o', 'dist/native/ending.node'],
  ]);
}
