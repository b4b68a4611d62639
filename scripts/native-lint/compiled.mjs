// How clang-tidy compiles each file: as the package's own build does. A folder's row counts for all below it that have
// no row of their own.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../lib/run.mjs';

const [guest, kvm, child, bench] = [
  'packages/guest',
  'packages/backend-kvm/native',
  'packages/backend-process',
  'packages/bench',
];

const C = ['-std=gnu17'];
/** A path through a function of C++ ends after this many steps: a tenth of the usual number, in a quarter of the time. */
const CXX = ['-std=c++20', '-fno-exceptions', `-I${kvm}`, ...analyzer('max-nodes=20000')];
/** Guests have the runtime's own headers, and the compiler's. */
const FREESTANDING = [...C, '-ffreestanding', '-nostdlibinc', '-isystem', `${guest}/runtime/include`];
const RUNTIME = [...FREESTANDING, `-I${guest}/include`, `-I${guest}`, `-I${guest}/runtime`];
const NATIVE = [...RUNTIME, `-I${guest}/runtime/native`];
const LEAN = [...NATIVE, '-DCOLONY_LEAN'];
const WASM32 = [...RUNTIME, `-I${guest}/runtime/wasm32`, '--target=wasm32', '-mbulk-memory'];
/** The kernel's own headers stand beside those of glibc. */
const LIBRARY_OS = [
  ...C,
  '-ffreestanding',
  '-mgeneral-regs-only',
  '-mfsgsbase',
  `-I${guest}/include`,
  `-I${guest}`,
  `-I${guest}/linux`,
];

const MISBEHAVES = 'a guest that misbehaves on purpose';
const SMALL = 'a program in the form that users write, which the compiler for guests checks';

/** Flags of the compiler, or the reason why clang-tidy does not read it. @type {Record<string, readonly string[] | string>} */
const FOLDERS = {
  [kvm]: CXX,
  [`${kvm}/addon`]: [...CXX, ...addonFlags()],
  [`${kvm}/tests`]: 'the macros of doctest take clang-tidy five seconds a file',
  'packages/backend-kvm/guest/engine': 'it includes what wasm2c makes of the JavaScript engine',
  [`${guest}/boot/process`]: [...RUNTIME, `-I${guest}/boot/process`],
  [`${guest}/boot/wasm32`]: WASM32,
  [`${guest}/harness`]: [...C, '-mfsgsbase', '-mxsave', `-I${guest}/include`],
  [`${guest}/linux`]: LIBRARY_OS,
  [`${guest}/linux/lib/test`]: [...C, `-I${guest}/runtime/test`],
  [`${guest}/linux/memory/test`]: [...C, '-DCOLONY_NATIVE', `-I${guest}/runtime/test`],
  [`${guest}/linux/process/test`]: [...C, '-DCOLONY_NATIVE', `-I${guest}/runtime/test`],
  [`${guest}/linux/files/test`]: 'the C library and the library OS declare the same string functions',
  [`${guest}/native`]: [...C, `-I${guest}/runtime/test`],
  [`${guest}/probes`]: MISBEHAVES,
  [`${guest}/runtime`]: NATIVE,
  [`${guest}/runtime/wasm32`]: [...WASM32, '-include', `${guest}/runtime/wasm32/weak.h`],
  [`${guest}/runtime/test`]: [...C, `-I${guest}`, `-I${guest}/include`, `-I${guest}/runtime`],
  [`${guest}/runtime/lean`]: LEAN,
  [`${guest}/runtime/lean-heap`]: LEAN,
  [`${guest}/wasm/test`]: C,
  [`${guest}/wasm`]: [...NATIVE, `-I${guest}/wasm`],
  [`${child}/native`]: [
    ...C,
    `-I${child}/native/jail`,
    `-I${child}/dist/native`,
    `-I${guest}`,
    `-I${guest}/boot/process`,
  ],
  [`${child}/test`]: MISBEHAVES,
  [`${bench}/native`]: [...C, `-I${bench}/programs`, `-I${guest}/probes`],
  [`${bench}/native/environments`]: 'its functions are named on the command line',
  [`${bench}/programs`]: SMALL,
  examples: SMALL,
  'packages/backend-kvm/test/linux': MISBEHAVES,
  'packages/compiler/test': SMALL,
  'packages/conformance/programs': MISBEHAVES,
  'packages/core/test': C,
  'packages/docs/demo': SMALL,
  'packages/matrix/test': SMALL,
  'scripts/nodes/programs': SMALL,
  'scripts/test/fixtures': SMALL,
};

/** @param {string} option */
function analyzer(option) {
  return ['-Xclang', '-analyzer-config', '-Xclang', option];
}

/** Headers of Node where node-gyp found them, and the definitions of binding.gyp. */
function addonFlags() {
  const { include_dir } = createRequire(join(root, 'packages/backend-kvm/package.json'))('node-addon-api');
  const made = join(root, kvm, 'build/config.gypi');
  const node = existsSync(made) ? /"nodedir": "(.*)"/.exec(readFileSync(made, 'utf8'))?.[1] : undefined;
  const definitions = ['-DNAPI_VERSION=9', '-DNAPI_DISABLE_CPP_EXCEPTIONS'];
  return [...definitions, '-isystem', include_dir, '-isystem', `${node ?? '/usr'}/include/node`];
}

/**
 * Returns the flags of the nearest folder with a row, or the reason why it has none.
 * @param {string} file @returns {readonly string[] | string}
 */
export function flagsOf(file) {
  for (let folder = file; folder !== ''; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/')))) {
    const row = FOLDERS[folder];
    if (row !== undefined) return row;
  }
  throw new Error(`${file} has no row in scripts/native-lint/compiled.mjs`);
}
