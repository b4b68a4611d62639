// The bench's figures of booting, beside published ones.
import { findSuite } from '@colony/bench';
import { ENVIRONMENTS, STEPS, subjectOf, WORKS } from '@colony/bench/figures';
import { describe, expect, it } from 'vitest';
import { HARDWARE } from '../src/constants.js';
import { digestOf, Lookup, type ReportFile } from '../src/digest.js';
import { environmentTable, workTable } from '../src/environment-tables.js';
import { BARE, BOOT, CREATION } from '../src/published.js';
import { bootTable, creationTable } from '../src/reference-tables.js';

it('the tables have ratios to 64 bits, and reasons for empty cells', () => {
  const [none, full] = WORKS as [(typeof WORKS)[0], (typeof WORKS)[0]];
  const medians: [string, number][] = ENVIRONMENTS.flatMap((environment, index) => [
    [subjectOf(environment, none), 10],
    [subjectOf(environment, full), (index + 1) * 100],
  ]);
  const summary = medians.map(([subject, median]) => ({ subject, median, min: median, max: median }));
  const skipped = [{ subject: 'env.real.touch.256', reason: 'touch cannot be compiled' }];
  const report: ReportFile = {
    ...{ suite: 'boot', quick: false, rounds: 1, trials: [], rows: [], summary, skipped },
    facts: { time: 't', commit: null, kernel: 'k', cpu: { model: 'm', count: 2 }, kvm: { flavour: 'f' } },
    subjects: [...medians.map(([subject]) => ({ subject })), { subject: 'env.real.touch.256' }],
  };
  const figures = new Lookup({ boot: digestOf(report, () => true) });
  const lines = environmentTable(figures).split('\n');
  expect(lines[2]).toBe('| 16 bits, real mode | 10 us | 100 us | 0.333× | 0.888× | 1.95× | 1× |');
  expect(lines.at(-1)).toContain('| not measured | not measured |  |  |  |');
  expect(workTable(figures)).toContain('| 16 bits, real mode | not measured | not possible | not measured |');
});

describe('the published figures', () => {
  it('every row has a subject of the suite for each part, and as many machines as the model', () => {
    const subjects = findSuite('boot').groups.flatMap(({ specs }) => specs.map(({ subject }) => subject));
    for (const { subjects: ours, artifact } of [...BOOT, ...CREATION]) {
      for (const subject of ours) expect(subjects).toContain(subject);
      expect(artifact).toHaveLength(HARDWARE.length);
    }
    expect(BARE.artifact).toEqual(HARDWARE.map(({ entry }) => entry));
    expect([...new Set(BOOT.flatMap((row) => row.subjects))].sort()).toEqual(
      [...STEPS.map(({ subject }) => subject), 'c.boot.total'].sort(),
    );
  });

  it('tables are ratios to each bare entry', () => {
    const all = [...BOOT, ...CREATION].flatMap(({ subjects }) => subjects);
    const figure = (value: number) => ({ median: value, min: value, max: value, p99: value });
    const figures = Object.fromEntries(all.map((subject) => [subject, figure(subject === 'c.entry' ? 10 : 20)]));
    const digest = { boot: { ...EMPTY, figures } };
    const creation = creationTable(new Lookup(digest));
    expect(creation).toContain('| bare entry: KVM_RUN and one exit | 10 us | 1× | 1× | 1× | 1× | 1× |');
    expect(creation).toContain('| KVM_CREATE_VM and KVM_CREATE_VCPU | 20 us | 2× |  | 108× | 87.9× | 65.8× |');
    expect(bootTable(new Lookup(digest))).toContain('| paging with an identity map | 40 us | 4× |');
  });
});

const EMPTY = {
  ...{ time: '', commit: '', machine: '', kernel: '', kvm: '', trials: 1, rounds: 1, quick: true, load: 0 },
};
