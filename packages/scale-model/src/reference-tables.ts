/** Our figures beside Wasp's: boot and creation, as ratios to each machine's own bare entry. */

import { STEPS } from '@colony/bench/figures';
import { HARDWARE } from './constants.js';
import type { Lookup } from './digest.js';
import { digits, duration, factor, table } from './markdown.js';
import { BARE, BOOT, CREATION, type Published } from './published.js';

const sum = (figures: Lookup, subjects: readonly string[]) =>
  subjects.reduce((total, subject) => total + figures.median(subject, 'boot'), 0);

function ratios({ paper, artifact }: Published): string[] {
  const cell = (value: number | null, bare: number | null) =>
    value === null || bare === null ? '' : factor(value / bare);
  return [cell(paper, BARE.paper), ...artifact.map((value, index) => cell(value, BARE.artifact[index] ?? null))];
}

const HEAD = ['here', 'to bare entry', 'paper', ...HARDWARE.map(({ name }) => name)];

function ours(figures: Lookup, row: Published): string[] {
  const here = sum(figures, row.subjects);
  return [duration(here), factor(here / sum(figures, BARE.subjects))];
}

function perInstruction(figures: Lookup, { subjects }: Published): string {
  const count = STEPS.filter(({ subject }) => subjects.includes(subject)).reduce(
    (all, step) => all + step.instructions,
    0,
  );
  return count === 0 ? '' : digits((sum(figures, subjects) * 1000) / count);
}

export function bootTable(figures: Lookup): string {
  const rows = BOOT.map((row) => [row.what, ...ours(figures, row), perInstruction(figures, row), ...ratios(row)]);
  const [here = '', bare = '', ...others] = HEAD;
  return table(['step', here, bare, 'ns an instruction', ...others], rows);
}

export function creationTable(figures: Lookup): string {
  return table(
    ['', ...HEAD],
    CREATION.map((row) => [row.what, ...ours(figures, row), ...ratios(row)]),
  );
}
