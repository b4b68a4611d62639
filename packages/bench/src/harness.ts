/**
 * Runs one trial, in its own process: opens the groups, warms up, and takes rounds of samples from all subjects in
 * turn.
 */
import { loadavg } from 'node:os';
import { stolenMs } from './facts.js';
import type { Environment, OpenGroup, Plan, Sampler, Skip, Spec, Suite, TrialSamples } from './types.js';

/** Milliseconds for one subject in one round. */
const ROUND_BUDGET = { full: 12, quick: 2 };
const MOST_SAMPLES = 200;
/** Milliseconds of warm-up for each subject before the first round: for compilers, caches, hot sets and pools. */
const WARM_UP = { full: 150, quick: 10 };
/**
 * Samples dropped at the start of a block, unless the milliseconds run out first: other subjects have used the caches
 * since.
 */
const BLOCK_WARM_UP = { samples: 20, milliseconds: 5 };
const LEAST_ROUNDS = 3;
/** An estimate for the remaining time: the duration of a load or a burst is unknown before it ran. */
const ONCE_MILLISECONDS = 2000;

type Progress = (done: number, of: number, doing: string) => void;

/** The distribution of one subject's samples over the rounds. */
interface Course {
  readonly spec: Spec;
  readonly sampler: Sampler;
  /** Samples a round, the samples dropped before them, and the interval between rounds that take samples. */
  count: number;
  dropped: number;
  every: number;
  readonly rounds: number[][];
}

export class Trial {
  readonly #suite: Suite;
  readonly #plan: Plan;
  readonly #progress: Progress;
  readonly #skipped: Skip[] = [];
  readonly #opened: OpenGroup[] = [];
  #courses: Course[] = [];
  /** Milliseconds: estimates for all parts of the trial, and for the parts that are done. */
  #expected = 1;
  #done = 0;

  constructor(suite: Suite, plan: Plan, progress: Progress) {
    this.#suite = suite;
    this.#plan = plan;
    this.#progress = progress;
  }

  async run(): Promise<TrialSamples> {
    const started = performance.now();
    const before = loadavg()[0] ?? 0;
    const stolen = stolenMs();
    try {
      await this.#open();
      this.#expect();
      await this.#warmUp();
      await this.#takeRounds();
      await this.#takeOnce();
    } finally {
      for (const group of this.#opened.reverse()) await group.close();
    }
    return {
      trial: this.#plan.trial,
      seconds: (performance.now() - started) / 1000,
      load: { before, after: loadavg()[0] ?? 0 },
      stealMs: stolenMs() - stolen,
      samples: Object.fromEntries(this.#courses.map(({ spec, rounds }) => [spec.subject, rounds])),
      skipped: this.#skipped,
    };
  }

  async #open(): Promise<void> {
    const environment: Environment = { quick: this.#plan.quick, floorPath: this.#plan.floorPath };
    for (const group of this.#suite.groups) {
      const wanted = group.specs.filter(
        (spec) => spec.derived === undefined && this.#plan.subjects.includes(spec.subject),
      );
      if (wanted.length === 0) continue;
      this.#progress(0, 1, `setting up ${group.name}`);
      try {
        const opened = await group.open(environment);
        this.#opened.push(opened);
        for (const spec of wanted) this.#adopt(spec, opened.samplers[spec.subject]);
      } catch (error) {
        for (const spec of wanted) this.#skip(spec.subject, error);
      }
    }
  }

  #expect(): void {
    const { rounds, quick } = this.#plan;
    const kind = quick ? 'quick' : 'full';
    const once = this.#courses.filter(({ spec }) => spec.once).length;
    const inRounds = this.#courses.length - once;
    this.#expected = inRounds * (WARM_UP[kind] + rounds * ROUND_BUDGET[kind]) + once * ONCE_MILLISECONDS;
  }

  #tell(doing: string, milliseconds: number): void {
    this.#progress(this.#done, Math.max(1, this.#expected), doing);
    this.#done += milliseconds;
  }

  #adopt(spec: Spec, sampler: Sampler | Error | undefined): void {
    if (typeof sampler === 'function')
      this.#courses.push({ spec, sampler, count: 1, dropped: 0, every: 1, rounds: [] });
    else this.#skip(spec.subject, sampler ?? new Error('its group gave no sampler for it'));
  }

  #skip(subject: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#skipped.push({ subject, reason: reason.trim().split('\n')[0] ?? '' });
  }

  /** Takes samples. A subject that fails leaves this trial, with its reason; the others continue. */
  async #take(course: Course, count: number): Promise<number[]> {
    try {
      return await course.sampler(count);
    } catch (error) {
      this.#skip(course.spec.subject, error);
      this.#courses = this.#courses.filter((other) => other !== course);
      return [];
    }
  }

  async #warmUp(): Promise<void> {
    for (const course of this.#courses.filter(({ spec }) => !spec.once)) {
      this.#tell(`warming up ${course.spec.subject}`, this.#plan.quick ? WARM_UP.quick : WARM_UP.full);
      const until = performance.now() + (this.#plan.quick ? WARM_UP.quick : WARM_UP.full);
      let took = 0;
      let count = 1;
      do {
        const started = performance.now();
        if ((await this.#take(course, count)).length === 0) break;
        took = (performance.now() - started) / count;
        count = Math.min(count * 2, MOST_SAMPLES);
      } while (performance.now() < until);
      this.#spread(course, took);
    }
  }

  /** `took`: milliseconds per sample, overhead included. */
  #spread(course: Course, took: number): void {
    const budget = this.#plan.quick ? ROUND_BUDGET.quick : ROUND_BUDGET.full;
    course.count = Math.max(1, Math.min(MOST_SAMPLES, Math.floor(budget / Math.max(took, 1e-4))));
    const most = Math.ceil(BLOCK_WARM_UP.milliseconds / Math.max(took, 1e-4));
    course.dropped = took > 4 * budget ? 0 : Math.min(BLOCK_WARM_UP.samples, most);
    const mostEvery = Math.max(1, Math.floor(this.#plan.rounds / LEAST_ROUNDS));
    course.every = Math.min(mostEvery, Math.max(1, Math.round(took / (4 * budget))));
  }

  async #takeRounds(): Promise<void> {
    const { rounds, quick } = this.#plan;
    const inRounds = this.#courses.filter(({ spec }) => !spec.once).length;
    for (let round = 0; round < rounds && inRounds > 0; round++) {
      this.#tell(`round ${round + 1} of ${rounds}`, inRounds * (quick ? ROUND_BUDGET.quick : ROUND_BUDGET.full));
      globalThis.gc?.();
      // Alternate the direction, so that no subject always follows the same neighbour.
      const order = this.#courses.filter(({ spec }) => !spec.once);
      for (const course of round % 2 === 0 ? order : order.reverse()) await this.#takeBlock(course, round);
    }
  }

  async #takeBlock(course: Course, round: number): Promise<void> {
    if (round % course.every !== 0) {
      course.rounds.push([]);
      return;
    }
    const samples = await this.#take(course, course.dropped + course.count);
    course.rounds.push(samples.slice(course.dropped));
  }

  async #takeOnce(): Promise<void> {
    for (const course of this.#courses.filter(({ spec }) => spec.once)) {
      this.#tell(course.spec.subject, ONCE_MILLISECONDS);
      course.rounds.push(await this.#take(course, 1));
    }
  }
}
