/** A compiled result is not analysed again, unless its inputs changed. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CompiledC, compileC } from '@colony/compiler/c';
import { createContext } from '@colony/core';
import { afterAll, expect } from 'vitest';
import { itOnKvm } from '../../../scripts/lib/on-kvm.mjs';

const folder = mkdtempSync(join(fileURLToPath(new URL('..', import.meta.url)), '.cache-test-'));
const shared = fileURLToPath(new URL('../.cache', import.meta.url));
const cacheDir = join(folder, 'cache');
// This test is not about the guest's runtime, which takes some time to compile.
if (existsSync(join(shared, 'c-runtime')))
  cpSync(join(shared, 'c-runtime'), join(cacheDir, 'c-runtime'), { recursive: true });
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const compile = (options: object = {}) =>
  compileC({ files: ['twice.c'], root: folder, cacheDir, targets: ['virtine'], ...options });

/** Name and time of writing of each result in the cache. */
const results = () => {
  const kept = join(cacheDir, 'c-results');
  return readdirSync(kept).map((name) => `${name} ${statSync(join(kept, name), { bigint: true }).mtimeNs}`);
};

async function call({ program, general }: CompiledC): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const twice of [program.programs.twice!, general.twice!]) {
    const context = await createContext({ backend: 'kvm', program: twice });
    answers.push(await context.call('twice', 4));
    await context.dispose();
  }
  return answers;
}

itOnKvm(
  'keeps a whole result until a source, a header or an option changes',
  async () => {
    write('factor.h', '#define FACTOR 2\n');
    write('twice.c', '#include "factor.h"\nvirtine int twice(int n) { return FACTOR * n; }\n');
    const first = await compile();
    const kept = results();
    expect(kept).toHaveLength(1);
    const again = await compile({ out: 'out' });
    expect(results()).toEqual(kept);
    expect(JSON.stringify(again.virtines)).toBe(JSON.stringify(first.virtines));
    expect({ ...again, program: again.program.bytes, general: {} }).toEqual({
      ...first,
      program: first.program.bytes,
      general: {},
    });
    expect(await call(again)).toEqual([8, 8]);
    expect(readFileSync(join(folder, 'out/twice.colony'))).toEqual(Buffer.from(first.program.bytes));

    write('factor.h', '#define FACTOR 3\n');
    expect(await call(await compile())).toEqual([12, 12]);
    expect(results()).toHaveLength(1);
    expect(results()).not.toEqual(kept);

    expect(await call(await compile({ flags: ['-DSAYS_NOTHING'] }))).toEqual([12, 12]);
    expect(results()).toHaveLength(2);
  },
  300_000,
);

itOnKvm(
  'replaces damaged entries, and does not keep failures',
  async () => {
    const path = join(cacheDir, 'c-results', readdirSync(join(cacheDir, 'c-results'))[0]!);
    const whole = readFileSync(path);
    whole[whole.length - 9]! ^= 1;
    for (const name of readdirSync(join(cacheDir, 'c-results')))
      writeFileSync(join(cacheDir, 'c-results', name), whole);
    expect(await call(await compile())).toEqual([12, 12]);
    write('twice.c', 'virtine int twice(int n) { return m; }\n');
    const before = results();
    for (let i = 0; i < 2; i++) await expect(compile()).rejects.toMatchObject({ code: 'ERR_COMPILE' });
    expect(results()).toEqual(before);
  },
  300_000,
);
