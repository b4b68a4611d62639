/** Which subjects isolate, and whose laws and probes speak for them. */
import type { BackendLaws, PeerProbes } from '../isolation/results.js';
import type { Spec } from '../types.js';
import type { Isolation, IsolationRow, SummaryRow } from './types.js';

export const BACKENDS: readonly string[] = ['kvm', 'wasm', 'process'];

/** By the first word of its name, as all suites have it. */
export const backendOf = ({ subject, boundary }: Pick<Spec, 'subject' | 'boundary'>): string | null => {
  const first = subject.split('.')[0]!;
  return boundary !== undefined && BACKENDS.includes(first) ? first : null;
};

/** The longest name of a peer that the subject's begins with. */
function peerOf(subject: string, peers: readonly string[]): string | null {
  const fitting = peers.filter((peer) => subject === peer || subject.startsWith(`${peer}.`));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? null;
}

export function isolationOf(
  specs: readonly Spec[],
  summary: readonly SummaryRow[],
  { laws, probes }: { readonly laws: readonly BackendLaws[]; readonly probes: readonly PeerProbes[] },
): Isolation {
  const peers = probes.map(({ peer }) => peer);
  const rows = specs.flatMap((spec): IsolationRow[] => {
    const { subject, boundary, unit } = spec;
    if (boundary === undefined) return [];
    const cost = summary.find((row) => row.subject === subject)?.median ?? null;
    return [{ subject, boundary, backend: backendOf(spec), peer: peerOf(subject, peers), unit, cost }];
  });
  const backends = new Set(rows.map(({ backend }) => backend));
  const used = new Set(rows.map(({ peer }) => peer));
  return {
    rows,
    laws: laws.filter(({ backend }) => backends.has(backend)),
    probes: probes.filter(({ peer }) => used.has(peer)),
  };
}
