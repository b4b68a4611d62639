/** The report for people. */
import Table from 'cli-table3';
import type { Comparison } from './compare.js';
import type { Report, SummaryRow, TargetRow } from './report.js';
import type { Unit } from './types.js';

const digits = (value: number) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

export function amount(value: number, unit: Unit): string {
  if (unit === 'KiB') return Math.abs(value) >= 10240 ? `${(value / 1024).toFixed(1)} MiB` : `${value.toFixed(1)} KiB`;
  if (unit === 'threads') return String(value);
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} s`;
  if (size >= 1000) return `${(value / 1000).toFixed(digits(value / 1000))} ms`;
  if (size >= 1) return `${value.toFixed(digits(value))} us`;
  return `${(value * 1000).toFixed(digits(value * 1000))} ns`;
}

const factor = (value: number) => value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 3);

function table(head: string[], right: readonly number[]) {
  const colAligns = head.map((_, index) => (right.includes(index) ? 'right' : 'left')) as ('left' | 'right')[];
  return new Table({ head, colAligns, style: { head: [], border: [], compact: true } });
}

function summaryCells({
  subject,
  unit,
  median,
  min,
  max,
  floor,
  ratio,
  ratioInterval,
  gigabytesPerSecond,
}: SummaryRow): string[] {
  const spread = `${amount(min, unit)} .. ${amount(max, unit)}`;
  const interval = ratioInterval === null ? '' : `${factor(ratioInterval.low)} .. ${factor(ratioInterval.high)}`;
  const rate = gigabytesPerSecond === null ? '' : gigabytesPerSecond.toPrecision(3);
  return [subject, amount(median, unit), spread, floor ?? '', ratio === null ? '' : factor(ratio), interval, rate];
}

function summaryTable(report: Report): string {
  const head = ['subject', 'median', 'over trials', 'measured against', 'ratio', '95%', 'GB/s'];
  const result = table(head, [1, 2, 4, 5, 6]);
  for (const row of report.summary) result.push(summaryCells(row));
  return result.toString();
}

function targetCells({ what, subject, floor, atMost, value, interval, verdict }: TargetRow, unit: Unit): string[] {
  const show = (number: number) => (floor === null ? amount(number, unit) : factor(number));
  const range = interval === null ? '' : `${show(interval.low)} .. ${show(interval.high)}`;
  return [
    what,
    floor === null ? subject : `${subject} / ${floor}`,
    show(atMost),
    value === null ? '' : show(value),
    range,
    verdict,
  ];
}

function targetTable(report: Report): string {
  const result = table(['target', 'subject / floor', 'at most', 'here', '95%', 'verdict'], [2, 3, 4]);
  for (const row of report.targets) {
    result.push(targetCells(row, report.subjects.find(({ subject }) => subject === row.subject)?.unit ?? 'us'));
  }
  return result.toString();
}

function factLines({ facts, trials, rounds, quick }: Report): string[] {
  const { cpu, kvm, versions } = facts;
  const loads = trials.map(({ load }) => Math.max(load.before, load.after));
  const stolen = trials.reduce((sum, { stealMs }) => sum + stealMs, 0);
  return [
    `${cpu.model}, ${cpu.count} CPUs, governor ${cpu.governor ?? 'unknown'}; KVM ${kvm.flavour}; Linux ${facts.kernel.split(' ')[0]}`,
    `node ${versions['node']}, ${versions['compiler']}; clock ${facts.clocksource}; commit ${facts.commit ?? 'unknown'}`,
    `${trials.length} trials of ${rounds} rounds; load up to ${Math.max(0, ...loads).toFixed(2)}, ${stolen} ms stolen`,
    ...(quick ? ['--quick: these figures show that the harness works, and nothing else'] : []),
  ];
}

function skippedLines(report: Report): string[] {
  const reasons = new Map<string, number>();
  for (const { subject, reason } of report.skipped) {
    const line = `${subject}: ${reason}`;
    reasons.set(line, (reasons.get(line) ?? 0) + 1);
  }
  return [...reasons].map(([line, times]) => `  ${line}${times > 1 ? ` (${times} trials)` : ''}`);
}

export function printable(report: Report): string {
  const skipped = skippedLines(report);
  const parts = [...factLines(report), '', summaryTable(report)];
  if (report.targets.length > 0) parts.push('', targetTable(report));
  if (skipped.length > 0) parts.push('', `Not measured (${skipped.length}):`, ...skipped);
  return parts.join('\n');
}

/** The comparison for people: what changed first. */
export function printableComparison({ rows, missing, cautions }: Comparison): string {
  const head = ['subject', 'old', 'new', 'new / old', '95%', 'verdict'];
  const result = table(head, [1, 2, 3, 4]);
  const changed = (change: string) => change === 'slower' || change === 'faster';
  const ordered = [...rows].sort((a, b) => Number(changed(b.change)) - Number(changed(a.change)));
  for (const { subject, unit, old, new: now, ratio, interval, change } of ordered) {
    const range = `${factor(interval.low)} .. ${factor(interval.high)}`;
    result.push([subject, amount(old, unit), amount(now, unit), factor(ratio), range, change]);
  }
  const count = rows.filter(({ change }) => changed(change)).length;
  const parts = [result.toString(), `${count} of ${rows.length} subjects changed beyond the noise.`];
  if (missing.length > 0) parts.push(`In one of the two reports only: ${missing.join(', ')}`);
  if (cautions.length > 0) parts.push('Not only the code differs:', ...cautions.map((line) => `  ${line}`));
  return parts.join('\n');
}
