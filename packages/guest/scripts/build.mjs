#!/usr/bin/env node
// Builds this package: the ABI's numbers, TypeScript, and the addon that ends a thread's resources.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSteps } from '../../../scripts/lib/build-step.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

const run = buildSteps('@colony/guest', root);

/** Without libraries: see native/ending.c. */
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
