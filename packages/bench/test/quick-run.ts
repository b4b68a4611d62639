/** A whole suite, quick, as a user runs it: nothing is left out silently, and charts have their points. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import type { Report } from '../src/report/types.js';
import { findSuite } from '../src/suites/index.js';
import { specsOf } from '../src/types.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

async function quickReport(suite: string): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'colony-bench-'));
  try {
    const file = join(folder, 'report.json');
    await promisify(execFile)(process.execPath, [main, '--suite', suite, '--quick', '--rounds', '1', '--json', file]);
    return JSON.parse(await readFile(file, 'utf8')) as Report;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The only reasons that a quick run may have: a derived figure that noisy medians do not give, a function that a mode
 * cannot run, an unavailable source.
 */
const EXPECTED =
  /^there is no crossover: |cannot be compiled to \d\d-bit code: gcc -m|^the source of \S+ is not here: /;

export async function expectQuickRun(name: string, task: { skip(note: string): void }): Promise<void> {
  const problem = kvmProblem();
  if (problem !== undefined) task.skip(problem);
  const suite = findSuite(name);
  const { rows, skipped } = await quickReport(name);
  expect(skipped.filter(({ reason }) => !EXPECTED.test(reason))).toEqual([]);
  const without = new Set(skipped.map(({ subject }) => subject));
  for (const { subject, floors, point } of specsOf(suite)) {
    if (without.has(subject)) continue;
    const matches = rows.filter((row) => row.subject === subject);
    expect(
      matches.map(({ floor }) => floor),
      subject,
    ).toEqual(floors.length > 0 ? floors : [null]);
    if (point !== undefined) for (const { median } of matches) expect(median, subject).toSatisfy(Number.isFinite);
  }
}
