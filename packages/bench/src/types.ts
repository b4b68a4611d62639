/**
 * The types of the harness: a suite is data (specs), groups turn specs into samplers, trials turn samplers into
 * samples.
 */

import type { Boundary } from './isolation/boundaries.js';
import type { Probed } from './isolation/probed.js';

/** Times are measured in nanoseconds and written in microseconds; the other units are written as measured. */
export type Unit = 'us' | 'KiB' | 'threads' | 'per second' | 'count';

/** A measured subject, as data. */
export interface Spec {
  readonly subject: string;
  /** One line that describes what is timed. */
  readonly what: string;
  readonly unit: Unit;
  /** Subjects to compare with, one row each; a subject with an empty list is a floor itself. */
  readonly floors: readonly string[];
  /** Payload of one operation, for GB/s. */
  readonly bytes?: number;
  /** Not timed itself, but computed from the medians of other subjects. */
  readonly derived?: Derived;
  /**
   * One run per trial gives the numbers, in the spec's unit (time: nanoseconds): a load, a burst, or the memory of a
   * process.
   */
  readonly once?: boolean;
  /**
   * The boundary between guest code and the host. Absent for a floor or a part of a call, which does not isolate
   * anything.
   */
  readonly boundary?: Boundary;
  /** Its point in a chart of its suite. */
  readonly point?: { readonly chart: string; readonly line: string; readonly x: number };
}

export interface Derived {
  readonly from: readonly string[];
  /**
   * Computes from the medians of the trial, not of each round. For formulas with many subjects: long ones are not in
   * every round and have few samples in each.
   */
  readonly whole?: boolean;
  /** In its sources' unit (time: nanoseconds). NaN: the medians do not give a number. */
  readonly of: (medians: readonly number[]) => number;
  /** The reason in the report if no round of a trial gave a number. */
  readonly none?: string;
}

export interface Axis {
  readonly label: string;
  readonly scale: 'linear' | 'log' | 'symlog';
}

/** Lines over x, made from the suite's specs that have a `point` in it. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** One or two sentences on what the chart shows. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
}

/** Takes `count` samples: nanoseconds of one operation each. Only the operation is timed. */
export type Sampler = (count: number) => number[] | Promise<number[]>;

/** Subjects that share their set-up. */
export interface Group {
  readonly name: string;
  readonly specs: readonly Spec[];
  open(environment: Environment): Promise<OpenGroup>;
}

export interface OpenGroup {
  /**
   * Samplers by subject. An error instead of a sampler: this subject cannot be measured here, but the rest of the group
   * can.
   */
  readonly samplers: Readonly<Record<string, Sampler | Error>>;
  close(): Promise<void>;
}

export interface Environment {
  readonly quick: boolean;
  /** The built floor executable. */
  readonly floorPath: string;
}

/** A target: a ratio to a floor, or a value in the subject's unit. */
export interface Target {
  readonly what: string;
  readonly subject: string;
  readonly floor: string | null;
  readonly atMost: number;
}

/** The question that a suite answers, and the subjects whose figures answer it. */
export interface Headline {
  readonly question: string;
  /** Subjects in the order of importance, each with a few words for it. */
  readonly answers: Readonly<Record<string, string>>;
}

export interface Suite {
  readonly name: string;
  /** One line, for the choice of a suite. */
  readonly what: string;
  readonly headline: Headline;
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
  readonly charts?: readonly Chart[];
  /**
   * Probes of peers, by the name that their subjects start with. The report shows the attacks they withstand beside
   * their cost.
   */
  readonly probes?: Readonly<Record<string, () => Promise<Probed>>>;
}

export interface Plan {
  readonly suite: string;
  readonly trial: number;
  readonly rounds: number;
  readonly quick: boolean;
  /** Subjects to measure; all others are left out. */
  readonly subjects: readonly string[];
  readonly floorPath: string;
}

export interface Skip {
  readonly subject: string;
  readonly reason: string;
}

/** The result of one trial: for each subject and round, its samples (none if the round left it out). */
export interface TrialSamples {
  readonly trial: number;
  readonly seconds: number;
  readonly load: { readonly before: number; readonly after: number };
  /** CPU time that the hypervisor below took during the trial, milliseconds over all CPUs. */
  readonly stealMs: number;
  readonly samples: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly skipped: readonly Skip[];
}

/** Messages from a trial's process to its parent. */
export type TrialMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number; readonly doing: string }
  | { readonly kind: 'result'; readonly result: TrialSamples };

export function specsOf(suite: Suite): Spec[] {
  return suite.groups.flatMap((group) => group.specs);
}
