/**
 * One benchmark run: selects subjects, reuses finished trials of an interrupted run, measures, and makes the report.
 */
import { join, resolve } from 'node:path';
import { codeFingerprint, machineOf } from './cache/fingerprint.js';
import { Journal, type Key } from './cache/journal.js';
import { Kept } from './cache/kept.js';
import { type Facts, machineFacts } from './facts.js';
import { buildFloor } from './floor-process.js';
import type { BackendLaws, PeerProbes } from './isolation/results.js';
import { lawsFor, probesFor } from './isolation-results.js';
import { Progress } from './progress.js';
import { distributionsOf, makeReport, type Report } from './report/index.js';
import { backendOf } from './report/isolation.js';
import { measured } from './report/measured.js';
import { choose, withNeeds } from './select.js';
import { findSuite } from './suites/index.js';
import { runTrials } from './trials.js';
import { type Spec, type Suite, specsOf, type TrialSamples } from './types.js';

export interface RunOptions {
  /** Default 'floor'. */
  readonly suite?: string;
  /** Subjects that match this regular expression, and their floors; default all. */
  readonly only?: string;
  /** Default false. */
  readonly quick?: boolean;
  /** Processes; default 5, quick 1. */
  readonly trials?: number;
  /** Rounds in each; default 20, quick 3. */
  readonly rounds?: number;
  /** Adds trials until each median's 95% interval is within this many per cent of it. */
  readonly until?: number;
  /** Most trials with `until`; default 4 times `trials`. */
  readonly most?: number;
  /** Ignores an interrupted run; default false. */
  readonly fresh?: boolean;
  /**
   * Runs the conformance laws and the attacks that have no results for this code yet. Default false: only known results
   * are shown.
   */
  readonly laws?: boolean;
  /** Folder of interrupted runs and of known law results; default '.cache/bench' in the current folder. */
  readonly cache?: string;
}

const filled = (options: RunOptions) => {
  const quick = options.quick ?? false;
  const trials = options.trials ?? (quick ? 1 : 5);
  return {
    ...{ suite: options.suite ?? 'floor', quick, trials, rounds: options.rounds ?? (quick ? 3 : 20) },
    ...{ until: options.until, most: Math.max(trials, options.most ?? 4 * trials) },
    ...{ fresh: options.fresh ?? false, laws: options.laws ?? false, cache: resolve(options.cache ?? '.cache/bench') },
  };
};

type Filled = ReturnType<typeof filled>;

/** The key has commits without the list of uncommitted changes: the hash of the code covers those. */
function keyOf(options: Filled, subjects: readonly string[], facts: Facts, code: string): Key {
  const { quick, trials, rounds, until, most } = options;
  return {
    plan: JSON.stringify({ quick, trials, rounds, until, most }),
    subjects: subjects.join(' '),
    commit: facts.commit?.split(' ')[0] ?? 'unknown',
    code,
    ...machineOf(facts),
  };
}

/** Subjects whose medians are not precise enough yet, with the subjects they are compared to. */
function stillWide(specs: readonly Spec[], done: readonly TrialSamples[], until: number): string[] {
  const distributions = distributionsOf(
    specs,
    done.map((trial) => measured(specs, trial)),
  );
  const wide = Object.entries(distributions).filter(([, { percent }]) => percent === null || percent > until);
  return wide.length === 0
    ? []
    : withNeeds(
        specs,
        wide.map(([subject]) => subject),
      );
}

function planNext(options: Filled, specs: readonly Spec[], subjects: readonly string[], progress: Progress) {
  const chosen = specs.filter(({ subject }) => subjects.includes(subject));
  return (done: readonly TrialSamples[]): readonly string[] => {
    if (done.length < options.trials) return subjects;
    if (options.until === undefined || done.length >= options.most) return [];
    const wide = stillWide(chosen, done, options.until);
    if (wide.length === 0) return [];
    progress.extend(done.length + 1);
    progress.say(
      `${wide.length} subjects continue: not all medians are within ±${options.until}% yet (trial ${done.length + 1}, at most ${options.most})`,
    );
    return wide;
  };
}

async function isolationOf(suite: Suite, specs: readonly Spec[], kept: Kept, run: boolean, progress: Progress) {
  const backends = [...new Set(specs.flatMap((spec) => backendOf(spec) ?? []))];
  const peers = Object.keys(suite.probes ?? {}).filter((peer) =>
    specs.some(({ subject }) => subject.startsWith(`${peer}.`)),
  );
  const laws: BackendLaws[] = [];
  for (const backend of backends) {
    if (run && kept.get(`laws-${backend}`) === undefined)
      progress.say(`the laws on ${backend}: a minute or more, once for this code`);
    const verdicts = await lawsFor(backend, kept, run);
    if (verdicts !== undefined) laws.push(verdicts);
  }
  const probes: PeerProbes[] = [];
  for (const peer of [...backends, ...peers]) {
    const results = await probesFor(suite.name, peer, kept, run, (id) => progress.beside(`attacking ${peer}: ${id}`));
    if (results !== undefined) probes.push(results);
  }
  return { laws, probes };
}

/**
 * Runs a suite and returns its report. Continues an interrupted run.
 * @throws Interrupted on SIGINT and SIGTERM; Error if the suite or the pattern is unknown, or the floors do not build
 */
export async function measure(requested: RunOptions = {}): Promise<Report> {
  const options = filled(requested);
  const suite = findSuite(options.suite);
  const specs = specsOf(suite);
  const subjects = choose(specs, requested.only);
  const chosen = specs.filter(({ subject }) => subjects.includes(subject));
  const facts = machineFacts();
  const code = codeFingerprint();
  const file = join(options.cache, `${suite.name}.jsonl`);
  const { journal, trials: before, words } = Journal.open(file, keyOf(options, subjects, facts, code), options.fresh);
  const progress = new Progress(options.trials, { before: before.length });
  if (words !== '') progress.say(words);
  const plan = { suite: suite.name, rounds: options.rounds, quick: options.quick, subjects, floorPath: buildFloor() };
  const next = planNext(options, specs, subjects, progress);
  const trials = await runTrials({ plan, before, journal, progress, next });
  const kept = new Kept(join(options.cache, 'isolation'), code);
  const isolation = await isolationOf(suite, chosen, kept, options.laws, progress);
  progress.done();
  const { quick, rounds, until } = options;
  const report = makeReport({
    ...{ suite, subjects, quick, rounds, facts, trials, ...isolation },
    ...(until === undefined ? {} : { until }),
  });
  journal.end();
  return report;
}
