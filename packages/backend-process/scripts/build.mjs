#!/usr/bin/env node
// Builds this package: TypeScript, the seccomp filters, the jail. Without libseccomp the last two are left out, and the
// backend reports that when it is used.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSteps } from '../../../scripts/lib/build-step.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const native = join(root, 'dist/native');
const cache = join(root, '.cache');

const run = buildSteps('@colony/backend-process', root);
const compiler = process.env.CC ?? 'gcc';
const C = ['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror'];

function hasSeccomp() {
  const probe = spawnSync(compiler, ['-x', 'c', '-E', '-', '-o', '/dev/null'], { input: '#include <seccomp.h>\n' });
  return probe.status === 0;
}

/** musl makes it a tenth of the size, and so faster to start. */
const staticCompiler = () => (spawnSync('musl-gcc', ['--version']).status === 0 ? 'musl-gcc' : compiler);

function buildFilters() {
  const generate = join(cache, 'generate-filters');
  run('compiling the filter generator', compiler, [
    ...C,
    'native/seccomp/generate.c',
    '-Inative/jail',
    '-lseccomp',
    '-o',
    generate,
  ]);
  run('making the seccomp filters', generate, [join(native, 'filters.generated.h'), join(native, 'child.bpf')]);
}

function buildJail() {
  const sources = readdirSync(join(root, 'native/jail')).filter((name) => name.endsWith('.c'));
  const made = join(cache, 'jail');
  run('compiling the jail', staticCompiler(), [
    ...[...C, '-static', '-s', '-Inative/jail', `-I${native}`],
    ...sources.sort().map((name) => join('native/jail', name)),
    '-o',
    made,
  ]);
  // One that runs right now cannot be written over, but replaced.
  rmSync(join(native, 'jail'), { force: true });
  copyFileSync(made, join(native, 'jail'));
}

/** Against the C library that Node is linked with. Without it a child that runs out of memory may look like one that crashed. */
function buildPreload() {
  run("compiling what is preloaded into a child's Node", compiler, [
    ...[...C, '-shared', '-fPIC', '-s', 'native/node/out_of_memory.c'],
    ...['-o', join(native, 'out-of-memory.so')],
  ]);
}

run('compiling TypeScript', process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.']);
run('bundling what runs inside a child', process.execPath, ['scripts/bundle-inside.mjs']);
mkdirSync(native, { recursive: true });
mkdirSync(cache, { recursive: true });
buildPreload();
if (hasSeccomp()) {
  buildFilters();
  buildJail();
} else {
  console.warn('@colony/backend-process: no jail without libseccomp-dev: the backend will not start');
}
