/** Finds the subjects that isolate, and the backend or peer whose laws and probes apply to them. */

import { BUILT_IN_BACKENDS } from '@colony/core';
import type { BackendLaws, PeerProbes } from '../isolation/results.js';
import type { Spec } from '../types.js';
import type { Isolation, IsolationRow, SummaryRow } from './types.js';

const BACKENDS: readonly string[] = BUILT_IN_BACKENDS;

/** Returns the backend named by the first word of the subject; all suites follow this convention. */
export const backendOf = ({ subject, boundary }: Pick<Spec, 'subject' | 'boundary'>): string | null => {
  const first = subject.split('.')[0]!;
  return boundary !== undefined && BACKENDS.includes(first) ? first : null;
};

/** Returns the longest peer name that the subject's name begins with. */
function peerOf(subject: string, peers: readonly string[]): string | null {
  const fitting = peers.filter((peer) => subject === peer || subject.startsWith(`${peer}.`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}

type Line = [Spec, ...Spec[]];

/** Groups subjects that isolate. The points of one chart line form one row, to keep the table short. */
function lines(specs: readonly Spec[]): Line[] {
  const grouped = new Map<string, Line>();
  for (const spec of specs) {
    if (spec.boundary === undefined) continue;
    const { subject, boundary, unit, point } = spec;
    const key = point === undefined ? subject : JSON.stringify([point.chart, point.line, boundary, unit]);
    const line = grouped.get(key);
    if (line === undefined) grouped.set(key, [spec]);
    else line.push(spec);
  }
  return [...grouped.values()];
}

/** The words, ending in a point, that all names begin with. */
function inCommon(names: readonly string[]): string {
  const [first = '', ...others] = names.map((name) => name.split('.'));
  const words = [...first].findIndex((word, index) => others.some((other) => other[index] !== word));
  return [...first]
    .slice(0, words < 0 ? first.length : words)
    .map((word) => `${word}.`)
    .join('');
}

const whatOf = ([{ what }, ...others]: Line) =>
  others.length === 0 ? what : `${what}; and ${others.length} more points`;

export function isolationOf(
  specs: readonly Spec[],
  summary: readonly SummaryRow[],
  { laws, probes }: { readonly laws: readonly BackendLaws[]; readonly probes: readonly PeerProbes[] },
): Isolation {
  const peers = probes.map(({ peer }) => peer);
  const rows = lines(specs).map((line): IsolationRow => {
    const [first] = line;
    const { boundary, unit } = first;
    const subject = line.length === 1 ? first.subject : `${inCommon(line.map((spec) => spec.subject))}*`;
    const costs = line.flatMap((spec) => summary.find((row) => row.subject === spec.subject)?.median ?? []);
    return {
      ...{ subject, what: whatOf(line), boundary: boundary!, backend: backendOf(first) },
      ...{ peer: peerOf(subject, peers), unit },
      cost: costs.length === 0 ? null : Math.min(...costs),
      most: costs.length > 1 ? Math.max(...costs) : null,
    };
  });
  const backends = new Set(rows.map(({ backend }) => backend));
  const used = new Set(rows.map(({ peer }) => peer));
  return {
    rows,
    laws: laws.filter(({ backend }) => backends.has(backend)),
    probes: probes.filter(({ peer }) => used.has(peer)),
  };
}
