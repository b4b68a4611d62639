/** The harness's words: a suite is data (specs), groups turn specs into samplers, trials turn samplers into samples. */

import type { Boundary } from './isolation/boundaries.js';
import type { Probed } from './isolation/probed.js';

/** Time is measured in nanoseconds everywhere and written in microseconds; the other units are written as measured. */
export type Unit = 'us' | 'KiB' | 'threads' | 'per second' | 'count';

/** What is measured, as data. */
export interface Spec {
  readonly subject: string;
  /** One line: what is inside the timer. */
  readonly what: string;
  readonly unit: Unit;
  /** Subjects that it is measured against, one row each; none makes it a floor itself. */
  readonly floors: readonly string[];
  /** Payload of one operation, for GB/s. */
  readonly bytes?: number;
  /** Not timed itself: made from the medians of other subjects. */
  readonly derived?: Derived;
  /** Numbers of one go a trial, in the spec's own unit (time: nanoseconds): a load, a burst, or memory in a process of its own. */
  readonly once?: boolean;
  /** What stands between the code that runs and the host. Absent: a floor or a part of a call, which isolates nothing. */
  readonly boundary?: Boundary;
  /** Where it stands in a chart of its suite. */
  readonly point?: { readonly chart: string; readonly line: string; readonly x: number };
}

export interface Derived {
  readonly from: readonly string[];
  /**
   * From the medians of the trial, and not of each round: for what is made of many subjects, of which the long ones are
   * not in every round and have few samples in each.
   */
  readonly whole?: boolean;
  /** Its sources' unit as measured (time: nanoseconds). NaN: these medians hold no such number. */
  readonly of: (medians: readonly number[]) => number;
  /** What it means that no round of a trial gave a number: the reason in the report. */
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
  /** What to see in it, in one or two sentences. */
  readonly caption: string;
  readonly x: Axis;
  readonly y: Axis;
}

/** Takes `count` samples: nanoseconds of one operation each. Whatever is not the operation is outside its timer. */
export type Sampler = (count: number) => number[] | Promise<number[]>;

/** Subjects that share their set-up. */
export interface Group {
  readonly name: string;
  readonly specs: readonly Spec[];
  open(environment: Environment): Promise<OpenGroup>;
}

export interface OpenGroup {
  /** By subject. An error instead of a sampler: this one cannot be measured here, the rest of the group can. */
  readonly samplers: Readonly<Record<string, Sampler | Error>>;
  close(): Promise<void>;
}

export interface Environment {
  readonly quick: boolean;
  /** The built floor executable. */
  readonly floorPath: string;
}

/** A figure to reach: a ratio to a floor, or a value in the subject's unit. */
export interface Target {
  readonly what: string;
  readonly subject: string;
  readonly floor: string | null;
  readonly atMost: number;
}

export interface Suite {
  readonly name: string;
  /** One line, for who chooses a suite. */
  readonly what: string;
  readonly groups: readonly Group[];
  readonly targets: readonly Target[];
  readonly charts?: readonly Chart[];
  /** Ways into peers, by the name that their subjects start with: what they withstand is tried, and stands beside their cost. */
  readonly probes?: Readonly<Record<string, () => Promise<Probed>>>;
}

export interface Plan {
  readonly suite: string;
  readonly trial: number;
  readonly rounds: number;
  readonly quick: boolean;
  /** Subjects to measure; everything else is left alone. */
  readonly subjects: readonly string[];
  readonly floorPath: string;
}

export interface Skip {
  readonly subject: string;
  readonly reason: string;
}

/** What one trial gives: for each subject, for each round, its samples (none where the round left it out). */
export interface TrialSamples {
  readonly trial: number;
  readonly seconds: number;
  readonly load: { readonly before: number; readonly after: number };
  /** CPU time that the machine below took away during the trial, milliseconds over all CPUs. */
  readonly stealMs: number;
  readonly samples: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly skipped: readonly Skip[];
}

/** From a trial's process to the one that started it. */
export type TrialMessage =
  | { readonly kind: 'progress'; readonly done: number; readonly of: number; readonly doing: string }
  | { readonly kind: 'result'; readonly result: TrialSamples };

export function specsOf(suite: Suite): Spec[] {
  return suite.groups.flatMap((group) => group.specs);
}
