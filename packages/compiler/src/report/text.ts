/** The report as text, for `colony explain`. */
import { jsonOf } from '../policy/json.js';
import { type Step, showChain } from '../source/chain.js';
import { showPlace } from '../source/place.js';
import { sortReports } from './json.js';
import { describeNative, describePart } from './native.js';
import type { Inside, VirtineReport } from './types.js';
import { differs, kib, names, partsForPeople, sizeLine } from './words.js';

const short = (chain: readonly Step[]) => names(chain, ' -> ');

export function reportText(reports: readonly VirtineReport[]): string {
  return sortReports(reports).map(one).join('\n');
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}

function insideLines(inside: readonly Inside[]): string[] {
  const { parts, runtime } = partsForPeople(inside);
  const lines = parts.map((part) => {
    const facts = part.native === undefined ? '' : `; ${describePart(part.native)}`;
    return `${part.kind} ${part.name} (${showPlace(part)}): ${short(part.because)}${facts}`;
  });
  return runtime === undefined ? lines : [...lines, runtime];
}

const grantLines = (grants: VirtineReport['grants']) =>
  grants.flatMap(({ grant, what, chain }) => [`${grant}: ${what}`, ...showChain(chain, '  ').split('\n')]);

const shippedLines = (outcomes: NonNullable<VirtineReport['shipped']>) =>
  outcomes.flatMap(({ backend, refused, because = [] }) => [
    refused === undefined ? `for ${backend}` : `not for ${backend}: ${refused}`,
    ...grantLines(because).map((line) => `  ${line}`),
  ]);

function one(report: VirtineReport): string {
  const { modules, written, effective } = report;
  const lines = [
    `virtine ${report.name} (${showPlace(report)})`,
    `  program ${report.program.filename}, ${sizeLine(report)}`,
    `  hash ${report.program.hash}`,
    '',
    ...section('Inside, and because of which calls', insideLines(report.inside)),
    ...section(
      'Captured',
      report.captured.map((captured) => `${captured.name} (${showPlace(captured)}): ${captured.how}, ${captured.why}`),
    ),
    ...section('Policy, the least that allows all of it', jsonOf(report.policy, 2).split('\n')),
    ...section('Policy, as written, which is used', written === undefined ? [] : jsonOf(written, 2).split('\n')),
    ...section('Policy that it runs under, as it is built in', differs(report) ? jsonOf(effective, 2).split('\n') : []),
    ...section(
      `Limits, from the profile ${report.profiled?.from} of ${report.profiled?.calls} calls on ${report.profiled?.backend}`,
      Object.entries(report.profiled?.limits ?? {}).map(([limit, value]) => `${limit}: ${value}`),
    ),
    ...section('Grants, and why', grantLines(report.grants)),
    ...section('Denied, until the word `virtine` says what of it is allowed', grantLines(report.denied ?? [])),
    ...section('Runs once, before the snapshot that calls start from', report.initialisation),
    ...section('Shipped after that', shippedLines(report.shipped ?? [])),
    ...section(
      'Accepted, though it works in no context',
      report.accepted.map(({ subject, chain }) => `${subject}: ${short(chain)}`),
    ),
    ...section(
      'Modules',
      modules.map(({ file, inside, before }) => `${file}: ${kib(inside)} of ${kib(before)}`),
    ),
    ...section(
      'Environment',
      report.native === undefined ? [] : describeNative(report.native).map(([label, text]) => `${label}: ${text}`),
    ),
    ...section('Warnings', report.warnings),
  ];
  return lines.join('\n');
}
