#!/usr/bin/env node
/** Rewrites scale.md's tables and chart. If it is given reports, it first updates the digest from them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { type Digest, digestOf, type ReportFile, readDigest, writeDigest } from './digest.js';
import { fill } from './markdown.js';
import { chartFile, isNeeded, makePage, pageFile } from './page.js';

interface Options {
  readonly from: readonly string[];
  readonly check: boolean;
}

function takeOver(digest: Digest, file: string): Digest {
  const report = JSON.parse(readFileSync(file, 'utf8')) as ReportFile;
  return { ...digest, [report.suite]: digestOf(report, (subject) => isNeeded(report.suite, subject)) };
}

async function run({ from, check }: Options): Promise<void> {
  const digest = from.reduce(takeOver, readDigest());
  const { sections, chart } = await makePage(digest);
  const old = { page: readFileSync(pageFile, 'utf8'), chart: check ? readFileSync(chartFile, 'utf8') : '' };
  const page = fill(old.page, sections);
  if (check) {
    if (page === old.page && chart === old.chart) return;
    throw new Error('scale.md differs from its figures: run `npm run page -w @colony/scale-model`');
  }
  if (from.length > 0) writeDigest(digest);
  writeFileSync(pageFile, page);
  writeFileSync(chartFile, chart);
  console.log(`${pageFile} and ${chartFile} are written, from ${Object.keys(digest).join(', ')}`);
}

try {
  await new Command('scale-model')
    .description('Writes the tables of packages/docs/internals/scale.md from figures of the bench.')
    .option('--from <files...>', 'reports of the suites boot, phases, load and floor, as bench --json writes them', [])
    .option('--check', 'write nothing; fail if the page differs from the figures', false)
    .action(run)
    .parseAsync();
} catch (error) {
  console.error(`scale-model: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
