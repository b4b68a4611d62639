/** The contents of a report: the JSON that a run writes. */
import type { Distribution } from '../distribution.js';
import type { Facts } from '../facts.js';
import type { Boundary } from '../isolation/boundaries.js';
import type { BackendLaws, PeerProbes } from '../isolation/results.js';
import type { Interval } from '../stats.js';
import type { Chart, Headline, Skip, Spec, Target, TrialSamples, Unit } from '../types.js';

export interface Row {
  readonly trial: number;
  readonly subject: string;
  readonly unit: Unit;
  readonly n: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  /** The subject to compare with, from the same trial; null for floors. */
  readonly floor: string | null;
  /** Ratio of the median to the floor's median. */
  readonly ratio: number | null;
}

export interface SummaryRow {
  readonly subject: string;
  readonly unit: Unit;
  readonly trials: number;
  /** Median of the trials' medians. */
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly floor: string | null;
  readonly ratio: number | null;
  /** 95% bootstrap interval over trials and their rounds. */
  readonly ratioInterval: Interval | null;
  /** Payload rate; null without a payload. */
  readonly gigabytesPerSecond: number | null;
}

/** `not judged`: a quick run, or too few trials for a verdict. */
export type Verdict = 'reached' | 'missed' | 'within the noise' | 'not measured' | 'not judged';

export interface TargetRow extends Target {
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly verdict: Verdict;
}

/** A subject that isolates, or a chart line of such subjects; shown with its cost. */
export interface IsolationRow {
  /** For a chart line: the common part of its points' names, and an asterisk. */
  readonly subject: string;
  readonly what: string;
  readonly boundary: Boundary;
  /** The Colony backend whose laws apply, or the peer whose probes apply; null if neither exists. */
  readonly backend: string | null;
  readonly peer: string | null;
  readonly unit: Unit;
  /** Median; for a line, the least of its points' medians. Null if it was not measured. */
  readonly cost: number | null;
  /** For a line: the greatest of its points' medians. */
  readonly most: number | null;
}

export interface Isolation {
  readonly rows: readonly IsolationRow[];
  readonly laws: readonly BackendLaws[];
  readonly probes: readonly PeerProbes[];
}

/** Precision of the run's medians: half widths of their 95% intervals, in per cent. */
export interface Confidence {
  readonly level: 0.95;
  /** The requested width; null if none was requested. */
  readonly until: number | null;
  /** Number of subjects with an interval, and of those within `until` (all, if there was no request). */
  readonly subjects: number;
  readonly within: number;
  readonly typical: number | null;
  readonly widest: { readonly subject: string; readonly percent: number } | null;
}

export interface ReportSubject {
  readonly subject: string;
  readonly group: string;
  readonly unit: Unit;
  readonly floors: readonly string[];
  readonly what: string;
  readonly boundary: Boundary | null;
  readonly point: Spec['point'] | null;
}

export interface Report {
  readonly suite: string;
  readonly headline: Headline;
  readonly quick: boolean;
  readonly rounds: number;
  readonly facts: Facts;
  readonly isolation: Isolation;
  readonly confidence: Confidence;
  readonly subjects: readonly ReportSubject[];
  readonly trials: readonly Omit<TrialSamples, 'samples' | 'skipped'>[];
  readonly rows: readonly Row[];
  /** Medians of the rounds for each subject, by trial. A comparison draws from them. */
  readonly medians: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** A summary of all samples for each subject. */
  readonly distributions: Readonly<Record<string, Distribution>>;
  /** The probabilities at which distributions have quantiles. */
  readonly quantileGrid: readonly number[];
  readonly summary: readonly SummaryRow[];
  readonly targets: readonly TargetRow[];
  readonly charts: readonly Chart[];
  readonly skipped: readonly (Skip & { readonly trial: number })[];
}
