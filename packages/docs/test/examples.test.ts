// Every example prints what it promises.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';

const folder = fileURLToPath(new URL('../../../examples', import.meta.url));
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

test.for(names)('%s', { timeout: 60_000 }, async (name, context) => {
  const problem = kvmProblem();
  if (problem !== undefined) context.skip(problem);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, name, 'main.mjs')]);
  expect(stdout).toBe(readFileSync(join(folder, name, 'expected.txt'), 'utf8'));
});
