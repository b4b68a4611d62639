// The purpose of `--compare`, with a real clock: both variants take turns in one process, so that a busy machine slows
// both.
import { expect, it } from 'vitest';
import { compare } from '../src/compare.js';
import type { Facts } from '../src/facts.js';
import { Trial } from '../src/harness.js';
import { makeReport, type Report } from '../src/report/index.js';
import { timed } from '../src/timing.js';
import type { Plan, Spec, Suite, TrialSamples } from '../src/types.js';

/** This many trials at a time, until medians are known within this many per cent or the maximum is reached. */
const [TRIALS, MOST_TRIALS, WITHIN, ROUNDS] = [5, 30, 2, 40];
const STEPS = 60_000;

let sink = 0;
/** Tens of microseconds of arithmetic that a compiler cannot remove. */
function work(steps: number): void {
  let state = sink | 1;
  for (let i = 0; i < steps; i++) state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  sink = state;
}

const VARIANTS = { before: 1, again: 1, slower: 1.1 } as const;
type Variant = keyof typeof VARIANTS;
const spec = (subject: string): Spec => ({ subject, what: '', unit: 'us', floors: [] });

const suite: Suite = {
  name: 'work',
  what: '',
  headline: { question: '', answers: {} },
  targets: [],
  groups: [
    {
      name: 'variants',
      specs: Object.keys(VARIANTS).map(spec),
      open: async () => ({
        samplers: Object.fromEntries(
          Object.entries(VARIANTS).map(([name, times]) => [name, timed(() => work(Math.round(STEPS * times)))]),
        ),
        close: async () => {},
      }),
    },
  ],
};

async function measureMore(trials: TrialSamples[]): Promise<void> {
  const { length } = trials;
  for (let trial = length + 1; trial <= length + TRIALS; trial++) {
    const plan: Plan = {
      suite: 'work',
      trial,
      rounds: ROUNDS,
      quick: true,
      subjects: Object.keys(VARIANTS),
      floorPath: '',
    };
    trials.push(await new Trial(suite, plan, () => {}).run());
  }
}

const facts = { cpu: {}, kvm: {}, versions: {}, mitigations: {}, kernel: '' } as unknown as Facts;

/** The report of a run with only this variant. */
function reportOf(variant: Variant, trials: readonly TrialSamples[]): Report {
  const alone: Suite = { ...suite, groups: [{ ...suite.groups[0]!, specs: [spec('work')] }] };
  const own = trials.map((trial) => ({ ...trial, samples: { work: trial.samples[variant]! } }));
  return makeReport({ suite: alone, subjects: ['work'], quick: false, rounds: ROUNDS, facts, trials: own });
}

/** As `--until` does, because a busy machine needs more trials. */
async function measureAll(): Promise<TrialSamples[]> {
  const trials: TrialSamples[] = [];
  const widest = () =>
    Math.max(...(['before', 'slower'] as const).map((name) => reportOf(name, trials).confidence.widest?.percent ?? 0));
  do await measureMore(trials);
  while (trials.length < MOST_TRIALS && widest() > WITHIN);
  return trials;
}

it('real measurements of the same code have no difference, and a tenth more work has one', {
  timeout: 300_000,
}, async () => {
  const trials = await measureAll();
  const before = reportOf('before', trials);
  const change = (variant: Variant) => compare(before, reportOf(variant, trials)).rows[0]!;
  expect(change('before')).toMatchObject({ ratio: 1, change: 'within the noise' });
  expect(change('again')).toMatchObject({ change: 'within the noise' });
  expect(change('slower')).toMatchObject({ change: 'slower' });
  expect(compare(reportOf('slower', trials), before).rows[0]).toMatchObject({ change: 'faster' });
});
