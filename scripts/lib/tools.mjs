// The programs that a build needs, and their Debian packages.
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.mjs';

/**
 * @typedef {object} Tool
 * @property {string} name
 * @property {readonly string[]} commands one of them is enough; with a slash: a file that must exist
 * @property {() => boolean} [works] a further check if one of the commands exists
 * @property {string} debian one package, or several with blanks between
 * @property {string} [missing] what still works without it; absent: nothing works
 */

/** Every version of clang's tools formats and reports differently. Debian 12 and 13 have this one under its own name. */
export const CLANG_TOOLS = 19;

/** @type {readonly Tool[]} */
const TOOLS = [
  { name: 'a C compiler', commands: [process.env.CC ?? 'gcc'], debian: 'gcc' },
  { name: 'a C++20 compiler', commands: [process.env.CXX ?? 'g++'], debian: 'g++' },
  { name: 'make', commands: ['make'], debian: 'make' },
  { name: 'python3 (for node-gyp)', commands: ['python3'], debian: 'python3' },
  {
    name: 'musl-gcc',
    commands: ['musl-gcc'],
    debian: 'musl-tools',
    missing: 'virtines from C go without a C library, and its tests fail',
  },
  {
    name: 'wasm-ld (with clang)',
    commands: ['wasm-ld'],
    debian: 'clang lld libclang-rt-dev-wasm32',
    missing: 'the wasm backend runs no C, and its tests fail',
  },
  {
    name: 'wasi-libc',
    commands: ['/usr/include/wasm32-wasi/stdio.h', '/usr/wasm32-wasi/include/stdio.h'],
    debian: 'wasi-libc',
    missing: 'C on the wasm backend goes without a C library, and its tests fail',
  },
  {
    name: 'bubblewrap',
    commands: ['bwrap'],
    debian: 'bubblewrap',
    missing: 'child processes of the process backend have no namespaces, and their tests fail',
  },
  {
    name: 'libseccomp',
    commands: ['/usr/include/seccomp.h', '/usr/local/include/seccomp.h'],
    debian: 'libseccomp-dev',
    missing: 'the process backend is built without its jail, and does not start',
  },
];

/** Tools that only the tests need. @type {readonly Tool[]} */
const TEST_TOOLS = [
  {
    name: 'doctest',
    commands: ['/usr/include/doctest/doctest.h', '/usr/local/include/doctest/doctest.h'],
    debian: 'doctest-dev',
    missing: 'the native tests fail',
  },
  {
    name: 'clang++ with its sanitizer and fuzzer runtimes',
    commands: ['clang++'],
    works: linksFuzzers,
    debian: 'clang libclang-rt-dev',
    missing: 'native code cannot be fuzzed, and the fuzzing stages fail',
  },
  {
    name: `clang-format ${CLANG_TOOLS}`,
    commands: [`clang-format-${CLANG_TOOLS}`, 'clang-format'],
    works: () => clangTool('clang-format') !== undefined,
    debian: `clang-format-${CLANG_TOOLS}`,
    missing: 'the form of C and C++ is not checked',
  },
  {
    name: `clang-tidy ${CLANG_TOOLS}`,
    commands: [`clang-tidy-${CLANG_TOOLS}`, 'clang-tidy'],
    works: () => clangTool('clang-tidy') !== undefined,
    debian: `clang-tidy-${CLANG_TOOLS}`,
    missing: 'the code of C and C++ is not checked',
  },
  // The C libraries of the examples and test262 come as compressed source packages.
  {
    name: 'xz',
    commands: ['xz'],
    debian: 'xz-utils',
    missing: 'sources of C libraries and test262 cannot be unpacked, and their tests fail',
  },
  {
    name: 'bzip2',
    commands: ['bzip2'],
    debian: 'bzip2',
    missing: 'sources of C libraries cannot be unpacked, and their tests fail',
  },
  {
    name: 'Chromium',
    commands: ['chromium'],
    debian: 'chromium',
    missing: "the benchmarks' page is not checked in a browser, and its test fails",
  },
  {
    name: 'pdftotext',
    commands: ['pdftotext'],
    debian: 'poppler-utils',
    missing: "the benchmarks' page is not checked on paper, and its test fails",
  },
];

/** @param {string} command */
export function which(command) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}

/** @param {string} name @returns {string | undefined} a command that is the tool in the version that the project uses */
export const clangTool = (name) =>
  [`${name}-${CLANG_TOOLS}`, name].find((command) => {
    const { stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
    return new RegExp(`version ${CLANG_TOOLS}\\.`).test(stdout ?? '');
  });

/**
 * Links a fuzz target. Debian packs the runtimes separately from clang, and each version of clang has another folder,
 * so neither clang nor a file name proves that they are installed.
 */
function linksFuzzers() {
  const target =
    '#include <cstdint>\n#include <cstddef>\nextern "C" int LLVMFuzzerTestOneInput(const uint8_t *, size_t) { return 0; }\n';
  const args = ['-fsanitize=fuzzer,address,undefined', '-x', 'c++', '-', '-o', '/dev/null'];
  return spawnSync('clang++', args, { input: target, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0;
}

/** @param {Tool} tool */
const present = ({ commands, works = () => true }) =>
  commands.some((command) => (command.startsWith('/') ? existsSync(command) : which(command.split(' ')[0] ?? ''))) &&
  works();

/** The Debian packages that set-up may install, sorted. @param {{ tests: boolean }} options with those of the tests */
export function debianPackages({ tests }) {
  const tools = tests ? [...TOOLS, ...TEST_TOOLS] : TOOLS;
  return [...new Set(tools.flatMap((tool) => tool.debian.split(' ')))].sort();
}

/**
 * Installs missing tools if possible.
 * @returns {Promise<{ fatal: string | undefined, warnings: string[] }>}
 */
export async function ensureTools(/** @type {{ quiet?: boolean, tests?: boolean }} */ options) {
  const { tests = false, ...running } = options;
  const tools = tests ? [...TOOLS, ...TEST_TOOLS] : TOOLS;
  let missing = tools.filter((tool) => !present(tool));
  if (missing.length > 0 && process.getuid?.() === 0 && which('apt-get')) {
    const names = missing.flatMap((tool) => tool.debian.split(' '));
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    try {
      await run(`apt-get update`, 'apt-get', ['-qq', 'update'], { env, ...running });
      await run(
        `install ${names.join(' ')}`,
        'apt-get',
        ['-qq', '-y', '--no-install-recommends', 'install', ...names],
        { env, ...running },
      );
    } catch {
      // The tools that are still missing are listed below, with the command.
    }
    missing = tools.filter((tool) => !present(tool));
  }
  /** @param {readonly Tool[]} tools */
  const remedy = (tools) =>
    `'sudo apt-get install ${tools.map((tool) => tool.debian).join(' ')}' (or your system's packages of them)`;
  const needed = missing.filter((tool) => tool.missing === undefined);
  return {
    fatal:
      needed.length > 0
        ? `Missing: ${needed.map((tool) => tool.name).join(', ')}. Install with ${remedy(missing)}.`
        : undefined,
    warnings: missing
      .filter((tool) => tool.missing !== undefined)
      .map((tool) => `No ${tool.name}: ${tool.missing}. Install with ${remedy([tool])}.`),
  };
}

/** Names the compilers and Node, so that turbo rebuilds native code when one of them changes. */
export function toolchain() {
  const parts = [process.version, process.arch];
  for (const command of [process.env.CC ?? 'gcc', process.env.CXX ?? 'g++', 'musl-gcc']) {
    try {
      parts.push(
        execFileSync(command, ['-dumpfullversion'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim(),
      );
    } catch {
      parts.push('none');
    }
  }
  return parts.join(' ');
}
