// Every example prints its documented output on every backend: the nine cells as a user runs them.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { doctor } from '@colony/core';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(root, 'examples');
const cache = join(root, '.cache/examples');
const names = readdirSync(folder).filter((name) => /^(c|js|wasm)-/.test(name));

/** As in its README: a TypeScript program with virtines needs the loader. */
function command(name: string): string[] {
  const main = join('examples', name, 'main');
  if (existsSync(join(root, `${main}.mjs`))) return [`${main}.mjs`];
  return ['--import', '@colony/compiler/register', `${main}.ts`];
}

function expected(name: string, backend: string): string {
  const own = join(folder, name, `expected.${backend}.txt`);
  return readFileSync(existsSync(own) ? own : join(folder, name, 'expected.txt'), 'utf8');
}

describe.each(await doctor(['kvm', 'wasm', 'process']))('on $backend', ({ backend, works, findings }) => {
  // The first run downloads and builds C libraries, which takes some ten seconds each.
  it.for(names)('%s', { timeout: 300_000 }, async (name, context) => {
    if (!works) context.skip(findings.find((finding) => !finding.ok)?.detail ?? `${backend} is not installed`);
    const run = promisify(execFile)(process.execPath, [...command(name), backend], { cwd: root });
    const { stdout, stderr } = await run.catch((error) => error);
    const unreachable = /the source of .* is not here: .*/.exec(stderr)?.[0];
    if (unreachable !== undefined) context.skip(unreachable);
    expect(`${stdout}${stdout === '' ? stderr : ''}`).toBe(expected(name, backend));
  });
});

/** Bindings beside a C file, for editors and the type check: the compiler made them when the example ran above. */
const bindings = names.flatMap((name) =>
  readdirSync(join(folder, name))
    .filter((file) => existsSync(join(folder, name, file.replace(/\.d\.ts$/, '.c'))) && file.endsWith('.d.ts'))
    .map((file) => join(name, file)),
);

it.for(bindings)("%s is the compiler's output", (file, context) => {
  if (!existsSync(join(cache, file))) context.skip('it was not built, for its source is not here');
  expect(readFileSync(join(folder, file), 'utf8')).toBe(readFileSync(join(cache, file), 'utf8'));
});

it('each kind of program has an example', () => {
  expect(new Set(names.map((name) => name.split('-')[0]))).toEqual(new Set(['c', 'js', 'wasm']));
});
