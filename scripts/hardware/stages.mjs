// The steps on the emulated machine. Seconds are those of an ordinary machine: each step gets them times the slowness
// that the emulated machine measures.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {'lines' | 'vitest' | 'doctest'} kind the format of its results
 * @property {readonly string[]} command
 * @property {number} seconds
 * @property {Readonly<Record<string, string>>} [env]
 * @property {Readonly<Record<string, string>>} [leftOut] a part of a test's name, and why the test does not run here
 */

const node = process.execPath;
const script = (/** @type {string} */ name) => [node, join(root, 'scripts/hardware', name)];
const vitest = join(root, 'node_modules/.bin/vitest');

/** @type {readonly Step[]} */
export const SHORT = [
  { name: 'one call of each kind', kind: 'lines', command: script('calls.mjs'), seconds: 20 },
  { name: 'C floors', kind: 'lines', command: script('floors.mjs'), seconds: 20 },
];

/** @type {readonly Step[]} */
export const INSTRUCTIONS = [
  {
    name: 'instructions per call',
    kind: 'lines',
    command: script('instructions.mjs'),
    seconds: 60,
    // `rep movsb` counts once per byte, so a copied page would weigh as much as an entry into the guest.
    env: { GLIBC_TUNABLES: 'glibc.cpu.x86_rep_movsb_threshold=1073741824' },
  },
];

export const NATIVE_TESTS = join(root, 'packages/backend-kvm/.cache/native-tests');

/**
 * The reasons why tests do not run on the emulated machine, by file and a part of the test's name.
 * @type {Record<string, Record<string, string>>}
 */
const LEFT_OUT = {
  'faults.test.ts': {
    'sse_exception ends in a fault': 'QEMU raises no floating-point exception of SSE, though MXCSR asks for it',
    'alignment_check ends in a fault': 'QEMU does not check RFLAGS.AC',
    'noncanonical_fs ends in a fault': 'QEMU lets WRFSBASE load an address that is not canonical',
  },
};

/** @param {string} project @param {string} file @returns {Step} */
const testFile = (project, file) => ({
  name: `${project} ${file}`,
  kind: 'vitest',
  command: [vitest, 'run', '--project', project, `packages/${project}/test/${file}`],
  seconds: 120,
  leftOut: LEFT_OUT[file] ?? {},
});

/** @returns {readonly Step[]} */
export function allSteps() {
  const files = readdirSync(join(root, 'packages/backend-kvm/test')).filter((name) => name.endsWith('.test.ts'));
  return [
    ...SHORT,
    {
      name: 'native tests',
      kind: 'doctest',
      command: [join(NATIVE_TESTS, 'address/tests-native')],
      seconds: 120,
      env: {
        COLONY_LAB: join(NATIVE_TESTS, 'lab.elf'),
        COLONY_TRAPS: join(NATIVE_TESTS, 'traps.elf'),
        UBSAN_OPTIONS: 'print_stacktrace=1',
      },
    },
    ...files.map((file) => testFile('backend-kvm', file)),
    testFile('bench', 'floor.test.ts'),
    testFile('bench', 'boot.test.ts'),
  ];
}
