/** Tables of the machine, the run, and the skipped subjects. */
import type { Confidence, Report } from '../report/index.js';
import { percent } from './units.js';

function confidenceLine({ until, subjects, within, typical, widest }: Confidence): string {
  if (typical === null || widest === null) return 'no intervals: they need more than one round or trial';
  const reached = `95% intervals of medians: within ±${percent(typical)} for half of ${subjects} subjects, ±${percent(widest.percent)} at worst (${widest.subject})`;
  return until === null
    ? reached
    : `${reached}; ${within} of ${subjects} within the ±${percent(until)} that --until asked for`;
}

export const QUICK_WARNING =
  'A quick run shows that the harness works. Its figures mean nothing: run it without --quick for an answer.';

export function factLines(report: Report): string[] {
  const { facts, trials, rounds } = report;
  const { cpu, kvm, versions } = facts;
  const loads = trials.map(({ load }) => Math.max(load.before, load.after));
  const stolen = trials.reduce((sum, { stealMs }) => sum + stealMs, 0);
  return [
    `${cpu.model}, ${cpu.count} CPUs, governor ${cpu.governor ?? 'unknown'}; KVM ${kvm.flavour}; Linux ${facts.kernel.split(' ')[0]}`,
    `node ${versions['node']}, ${versions['compiler']}; clock ${facts.clocksource}; commit ${facts.commit ?? 'unknown'}`,
    `${trials.length} trial${trials.length === 1 ? '' : 's'} of ${rounds} rounds; load up to ${Math.max(0, ...loads).toFixed(2)}, ${stolen} ms stolen`,
    confidenceLine(report.confidence),
  ];
}

export interface Skipped {
  readonly subject: string;
  readonly reason: string;
  readonly trials: number;
}

/** Skipped subjects, grouped by reason. */
export function skippedOf(report: Report): Skipped[] {
  const groups = new Map<string, Skipped>();
  for (const { subject, reason } of report.skipped) {
    const key = `${subject}: ${reason}`;
    groups.set(key, { subject, reason, trials: (groups.get(key)?.trials ?? 0) + 1 });
  }
  return [...groups.values()];
}
