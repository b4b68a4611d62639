#!/usr/bin/env node
// Builds this package: the ABI's numbers, TypeScript, the library OS's image, and the addon that ends a thread's resources.
import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSteps } from '../../../scripts/lib/build-step.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

const run = buildSteps('@colony/guest', root);

/** Without libraries: see native/ending.c. */
const ADDON = ['-shared', '-fPIC', '-fvisibility=hidden', '-nostdlib', '-s', '-U_FORTIFY_SOURCE'];

/**
 * Flags of the library OS. A system call preserves the vector registers of its caller, so nothing uses them; there is no
 * thread pointer, so no stack protector. Addresses are relative to the instruction, since the image lies above 2 GiB.
 * -Os saves a quarter of the image, and costs a fresh `true` 4%.
 */
const LINUX = [
  ...[
    '-std=gnu17',
    '-Os',
    '-s',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-ffreestanding',
    '-mgeneral-regs-only',
    '-mno-red-zone',
  ],
  ...['-mfsgsbase', '-fno-stack-protector', '-fcf-protection=none', '-fno-asynchronous-unwind-tables', '-fno-common'],
  ...['-fPIE', '-fvisibility=hidden', '-I.', '-Iinclude', '-Ilinux'],
  ...['-nostdlib', '-static', '-no-pie', '-Wl,--build-id=none,--no-relax', '-Wl,-z,noexecstack,-z,max-page-size=4096'],
];

/** Its sources: every C file of its rooms but the tests, and what it shares with other guests. */
function linuxSources() {
  const own = readdirSync(join(root, 'linux'), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.[cS]$/.test(path) && !/(^|\/)test\//.test(path))
    .map((path) => join('linux', path));
  return [
    ...own.sort(),
    ...['entry', 'hypercall'].map((name) => `boot/virtine/${name}.S`),
    'runtime/cbor_read.c',
    'runtime/cbor_write.c',
    'runtime/utf8.c',
  ];
}

run("generating the ABI's numbers", process.execPath, [join(root, '../../scripts/gen-abi.mjs')]);
run('compiling TypeScript', process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.']);
if (process.platform === 'linux') {
  mkdirSync(join(root, 'dist/native'), { recursive: true });
  run('compiling the addon', process.env.CC ?? 'gcc', [
    ...['-std=gnu17', '-O2', '-Wall', '-Wextra', '-Werror', ...ADDON],
    ...['native/ending.c', '-o', 'dist/native/ending.node'],
  ]);
  mkdirSync(join(root, 'dist/linux'), { recursive: true });
  run('compiling the library OS', process.env.CC ?? 'gcc', [
    ...[...LINUX, '-T', 'linux/link.ld', ...linuxSources(), '-o', 'dist/linux/linux.elf'],
  ]);
}
