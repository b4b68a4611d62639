/** `colony explain`, for people. */
import { showPlace } from '../ts/parse.js';
import { type Step, showChain } from '../ts/refuse.js';
import { sortReports } from './json.js';
import type { VirtineReport } from './types.js';

const kib = (bytes: number) => (bytes < 1024 ? `${bytes} bytes` : `${(bytes / 1024).toFixed(1)} KiB`);
const short = (chain: readonly Step[]) => chain.map(({ name }) => name).join(' -> ');

export function reportText(reports: readonly VirtineReport[]): string {
  return sortReports(reports).map(one).join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

function one(report: VirtineReport): string {
  const { sizes, modules, written } = report;
  const lines = [
    `virtine ${report.name} (${showPlace(report)})`,
    `  program ${report.program.filename}, ${kib(sizes.after)} of ${kib(sizes.before)} in ${modules.length} modules, source map ${kib(sizes.map)}`,
    `  hash ${report.program.hash}`,
    '',
    ...section(
      'Inside, and because of which calls',
      report.inside.map((each) => `${each.kind} ${each.name} (${showPlace(each)}): ${short(each.because)}`),
    ),
    ...section(
      'Captured',
      report.captured.map((each) => `${each.name} (${showPlace(each)}): ${each.how}, ${each.why}`),
    ),
    ...section('Policy, the least that allows all of it', JSON.stringify(report.policy, null, 2).split('\n')),
    ...section(
      'Policy, as written, which is used',
      written === undefined ? [] : JSON.stringify(written, null, 2).split('\n'),
    ),
    ...section(
      `Limits, from the profile ${report.profiled?.from} of ${report.profiled?.calls} calls on ${report.profiled?.backend}`,
      Object.entries(report.profiled?.limits ?? {}).map(([limit, value]) => `${limit}: ${value}`),
    ),
    ...section(
      'Grants, and why',
      report.grants.flatMap(({ grant, what, chain }) => [`${grant}: ${what}`, ...showChain(chain, '  ').split('\n')]),
    ),
    ...section('Runs once, before the snapshot that calls start from', report.initialisation),
    ...section(
      'Accepted, though it works in no context',
      report.accepted.map(({ subject, chain }) => `${subject}: ${short(chain)}`),
    ),
    ...section(
      'Modules',
      modules.map(({ file, inside, before }) => `${file}: ${kib(inside)} of ${kib(before)}`),
    ),
    ...section('Warnings', report.warnings),
  ];
  return lines.join('\n');
}
