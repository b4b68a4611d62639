/** Every way of loading a module either isolates its directive or reports an error. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, node, REGISTER } from './loader/run.js';
import { WAYS, type Way } from './loader/ways.js';

async function outcomeOf({ files, args = ['main.mjs'], cwd = '.', by = 'flag', links = {}, before = [] }: Way) {
  const folder = folderWith(files);
  for (const [at, to] of Object.entries(links)) {
    mkdirSync(dirname(join(folder, at)), { recursive: true });
    symlinkSync(to, join(folder, at));
  }
  const flags = by === 'flag' ? ['--import', REGISTER] : [];
  const env = by === 'environment' ? { NODE_OPTIONS: `--import ${REGISTER}` } : {};
  const isBelow = cwd !== '/';
  const words = isBelow ? args : args.map((word) => join(folder, word));
  return await node([...before, ...flags, ...words], isBelow ? resolve(folder, cwd) : cwd, env);
}

describe.concurrent('a module with the directive', () => {
  it.each(WAYS.map((way) => [way.name, way.ends, way] as const))(
    '%s: %s',
    { timeout: 300_000 },
    async (_n, ends, way) => {
      const { stdout, stderr } = await outcomeOf(way);
      const all = `${stdout}\n${stderr}`;
      // The program has written it only if its function ran.
      const seen = /sees (undefined|object)/.exec(stdout)?.[1];
      if (ends === 'isolated' || (ends !== 'refused' && seen !== undefined)) expect(seen, all).toBe('undefined');
      else {
        expect(seen, all).toBeUndefined();
        expect(all).toMatch(/ERR_COMPILE|use virtine/);
        expect(all).toMatch(/what to do: \S/);
      }
    },
  );
});
