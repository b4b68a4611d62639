// The boot of the reference, step by step: that it happens, not how long it takes; and its place beside published figures.
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { buildFloor, FloorProcess } from '../src/floor-process.js';
import { HARDWARE } from '../src/model/constants.js';
import { Lookup } from '../src/model/digest.js';
import { bootTable, creationTable } from '../src/model/reference-tables.js';
import { boot } from '../src/suites/boot/index.js';
import { BARE, BOOT, CREATION } from '../src/suites/boot/published.js';
import { STEPS } from '../src/suites/boot/steps.js';
import { specsOf } from '../src/types.js';
import { expectQuickRun } from './quick-run.js';

const floor = new FloorProcess(buildFloor());
afterAll(() => floor.close());
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
const take = async (subject: string, count = 7) => median([...(await floor.sampler(subject)(count))]);

describe('a guest that boots', () => {
  test('gets through every mode: each step took some time, and no step more than the whole', async (context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    const steps = await Promise.all(STEPS.map(({ subject }) => take(subject)));
    for (const step of steps) expect(step).toBeGreaterThan(0);
    const whole = await take('c.boot.total');
    expect(Math.max(...steps)).toBeLessThan(whole * 3);
    // 3,000 instructions of an emulator or a loop on hardware: more than a far jump either way.
    expect(await take('c.boot.tables')).toBeGreaterThan(await take('c.boot.jump32'));
  });

  test('a machine that only halts takes less than one that boots', async (context) => {
    const problem = kvmProblem();
    if (problem !== undefined) context.skip(problem);
    expect(await take('c.boot.hlt')).toBeLessThan(await take('c.boot.total'));
  });

  test('the steps have the instructions that are said', () => {
    const source = readFileSync(new URL('../native/boot_guest.S', import.meta.url), 'utf8');
    const guest = source.slice(source.indexOf('boot_text:'), source.indexOf('gdt32:'));
    const lines = guest.split('\n').map((line) =>
      line
        .replace(/\/\/.*/, '')
        .replace(/^(\d:)\s*/, '$1 ')
        .trim(),
    );
    const counts: number[] = [];
    let [count, loop] = [0, Number.NaN];
    for (const line of lines) {
      if (/^(MARK|rdtsc)/.test(line)) {
        // From one reading to the next: writing the first one down, what is between, and reading.
        if (/^rdtsc|MARK\s+[1-9]/.test(line)) counts.push(count + 2);
        count = 0;
      } else if (line !== '' && !/^\.|^[a-z]\w*:/.test(line)) {
        if (/^1: /.test(line)) loop = count;
        count++;
        if (/^jnz\s+1b/.test(line)) count = loop + 512 * (count - loop);
      }
    }
    expect(counts).toEqual(STEPS.map(({ instructions }) => instructions));
  });
});

describe('the published figures', () => {
  test('every row has a subject of the suite for each part, and as many machines as the model', () => {
    const subjects = specsOf(boot).map(({ subject }) => subject);
    for (const { subjects: ours, artifact } of [...BOOT, ...CREATION]) {
      for (const subject of ours) expect(subjects).toContain(subject);
      expect(artifact).toHaveLength(HARDWARE.length);
    }
    expect(BARE.artifact).toEqual(HARDWARE.map(({ entry }) => entry));
    expect([...new Set(BOOT.flatMap((row) => row.subjects))].sort()).toEqual(
      [...STEPS.map(({ subject }) => subject), 'c.boot.total'].sort(),
    );
  });

  test('tables are ratios to each bare entry', () => {
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

test('a quick run measures everything', { timeout: 180_000 }, (context) => expectQuickRun('boot', context));
