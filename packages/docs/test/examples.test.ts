// Every example prints what it promises, on every backend: the nine cells as a user meets them.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { doctor } from '@colony/core';
import { describe, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

function expected(name: string, backend: string): string {
  const own = join(folder, name, `expected.${backend}.txt`);
  return readFileSync(existsSync(own) ? own : join(folder, name, 'expected.txt'), 'utf8');
}

describe.each(await doctor(['kvm', 'wasm', 'process']))('on $backend', ({ backend, works, findings }) => {
  test.for(names)('%s', { timeout: 60_000 }, async (name, context) => {
    if (!works) context.skip(findings.find((finding) => !finding.ok)?.detail ?? `${backend} is not installed`);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name, 'main.mjs'), backend]);
    expect(stdout).toBe(expected(name, backend));
  });
});

test('each kind of program has an example', () => {
  expect(new Set(names.map((name) => name.split('-')[0]))).toEqual(new Set(['c', 'js', 'wasm']));
});
