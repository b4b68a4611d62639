/**
 * Generated C: on every backend, a virtine returns the same result as the same C built by the machine's own compiler.
 */
import { deepStrictEqual } from 'node:assert';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CTarget, compileC } from '@colony/compiler/c';
import { readSettings } from '@colony/conformance';
import { createContext } from '@colony/core';
import { execute, guestFolder } from '@colony/guest';
import { absent, BACKENDS, type BackendName, present } from '@colony/matrix';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type CProgram, cProgram } from './c-program.js';

const settings = readSettings();
/** Fraction of COLONY_RUNS: each run is five compilations. */
const runs = Math.max(3, Math.round(settings.runs * 0.16));
const folder = mkdtempSync(join(tmpdir(), 'colony-generated-c-'));
afterAll(() => rmSync(folder, { recursive: true }));
const TARGETS: Readonly<Record<BackendName, CTarget>> = { kvm: 'virtine', wasm: 'wasm32', process: 'process' };

/** Builds without optimization, with a `main` that contains the arguments and uses nothing of Colony. */
async function referenceWords(work: string, program: CProgram): Promise<string[][]> {
  const main = join(work, 'main.c');
  writeFileSync(main, program.reference);
  const flags = ['-std=gnu17', '-O0', '-w', '-include', join(guestFolder, 'include/colony/mark.h'), '-I', work];
  const built = await execute('gcc', [...flags, main, '-o', join(work, 'main')]);
  expect(built.code, `${built.stderr}\n${program.source}\n${program.reference}`).toBe(0);
  const { code, stdout } = await execute(join(work, 'main'), []);
  expect(code, program.source).toBe(0);
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').slice(0, -1));
}

let count = 0;

async function check(program: CProgram): Promise<void> {
  const work = join(folder, `p${++count}`);
  mkdirSync(work);
  writeFileSync(join(work, 'f.c'), program.source);
  const options = {
    files: ['f.c'],
    root: work,
    targets: present.map((name) => TARGETS[name]),
  };
  const [expected, compiled] = await Promise.all([referenceWords(work, program), compileC(options)]);
  for (const backend of present) {
    const context = await createContext({
      backend,
      program: compiled.program.programs.f!,
      policy: compiled.program.policies.f!,
    });
    try {
      for (const [i, list] of program.lists.entries()) {
        const what = () =>
          `f(${list.map((argument) => fc.stringify(argument)).join(', ')}) on ${backend} of\n${program.source}`;
        const value = await context
          .call('f', ...list)
          .catch((error: unknown) => expect.unreachable(`${String(error)}: ${what()}`));
        deepStrictEqual(program.words(value, i), expected[i], what());
      }
    } finally {
      await context.dispose();
    }
  }
  rmSync(work, { recursive: true });
}

describe(`generated C (seed ${settings.seed})`, () => {
  it(`returns the same on ${present.join(', ')} as natively`, async () => {
    const limit = { interruptAfterTimeLimit: 3_000_000, includeErrorInReport: true };
    await fc.assert(fc.asyncProperty(cProgram, check), { seed: settings.seed, numRuns: runs, ...limit });
    expect(count).toBeGreaterThanOrEqual(runs);
  }, 3_600_000);

  it('notices a difference', async () => {
    const source = `int f(int n) {
#ifdef __OPTIMIZE__
  n++;
#endif
  return n;
}`;
    const reference = '#include "f.c"\n#include <stdio.h>\nint main(void) { printf("%d \\n", f(1)); return 0; }\n';
    const program = {
      source: `virtine ${source}`,
      lists: [[1]],
      reference,
      words: (value: unknown) => [String(value)],
    };
    await expect(check(program)).rejects.toThrow(/f\(1\) on/);
  }, 300_000);

  for (const backend of BACKENDS)
    if (absent[backend] !== undefined) it(`on ${backend}`, (context) => context.skip(absent[backend]!));
});
