// `npm run bench -- --quick`, as a user runs it: the JSON is as documented, and everything was measured.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
import { BOUNDARIES } from '../src/isolation/boundaries.js';
import { suiteNames } from '../src/suites/index.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** All subjects except those that take seconds each. */
const SHORT = '^(?!kvm\\.js\\.echo\\.(string|object)\\.(256K|1M|16M)iB)';

const unit = z.enum(['us', 'KiB', 'threads', 'per second', 'count']);
const boundary = z.enum(Object.keys(BOUNDARIES) as [string]);
const interval = z.strictObject({ low: z.number(), high: z.number() }).nullable();
const text = z.string().min(1);
const Schema = z.strictObject({
  suite: z.enum(suiteNames() as [string]),
  headline: z.strictObject({ question: text, answers: z.record(text, text) }),
  quick: z.literal(true),
  rounds: z.int().positive(),
  facts: z.strictObject({
    time: z.iso.datetime(),
    commit: text.nullable(),
    cpu: z.strictObject({ model: text, count: z.int().positive(), governor: text.nullable() }),
    memoryMiB: z.int().positive(),
    kernel: text,
    hypervisor: text.nullable(),
    kvm: z.strictObject({ flavour: text, modules: z.array(text), device: z.boolean() }),
    mitigations: z.record(text, z.string()),
    clocksource: text.nullable(),
    hugePages: text.nullable(),
    load: z.array(z.number()).length(3),
    versions: z.strictObject({ node: text, v8: text, compiler: text, libc: text }),
    floorFlags: text,
  }),
  isolation: z.strictObject({
    rows: z.array(
      z.strictObject({
        ...{ subject: text, what: text, boundary, backend: text.nullable(), peer: text.nullable(), unit },
        ...{ cost: z.number().nullable(), most: z.number().nullable() },
      }),
    ),
    laws: z.array(z.looseObject({ backend: text })),
    probes: z.array(z.looseObject({ peer: text })),
  }),
  confidence: z.strictObject({
    ...{ level: z.literal(0.95), until: z.number().nullable(), subjects: z.int(), within: z.int() },
    typical: z.number().nullable(),
    widest: z.strictObject({ subject: text, percent: z.number() }).nullable(),
  }),
  subjects: z.array(
    z.strictObject({
      ...{ subject: text, group: text, unit, floors: z.array(text), what: text, boundary: boundary.nullable() },
      point: z.strictObject({ chart: text, line: text, x: z.number() }).nullable(),
    }),
  ),
  trials: z.array(
    z.strictObject({
      trial: z.int().positive(),
      seconds: z.number().positive(),
      load: z.strictObject({ before: z.number(), after: z.number() }),
      stealMs: z.number(),
    }),
  ),
  rows: z.array(
    z.strictObject({
      ...{ trial: z.int().positive(), subject: text, unit, n: z.int().positive() },
      ...{ median: z.number(), p95: z.number(), p99: z.number(), floor: text.nullable(), ratio: z.number().nullable() },
    }),
  ),
  medians: z.record(text, z.array(z.array(z.number()))),
  distributions: z.record(
    text,
    z.strictObject({
      ...{ n: z.int().positive(), min: z.number(), max: z.number(), mean: z.number(), median: z.number() },
      ...{ p95: z.number(), p99: z.number(), spread: z.number(), percent: z.number().nullable() },
      intervals: z.strictObject({ median: interval, p95: interval, p99: interval, spread: interval }),
      quantiles: z.array(z.number()),
    }),
  ),
  quantileGrid: z.array(z.number()),
  charts: z.array(z.looseObject({ id: text })),
  summary: z.array(
    z.strictObject({
      ...{ subject: text, unit, trials: z.int().positive(), median: z.number(), min: z.number(), max: z.number() },
      ...{ floor: text.nullable(), ratio: z.number().nullable(), ratioInterval: interval },
      gigabytesPerSecond: z.number().positive().nullable(),
    }),
  ),
  targets: z.array(
    z.strictObject({
      ...{
        what: text,
        subject: text,
        floor: text.nullable(),
        atMost: z.number(),
        value: z.number().nullable(),
        interval,
      },
      verdict: z.enum(['reached', 'missed', 'within the noise', 'not measured', 'not judged']),
    }),
  ),
  skipped: z.array(z.strictObject({ trial: z.int(), subject: text, reason: text })),
});

it('a quick run measures and writes its report', { timeout: 300_000 }, async (context) => {
  const problem = kvmProblem();
  if (problem !== undefined) context.skip(problem);
  const folder = await mkdtemp(join(tmpdir(), 'colony-bench-'));
  try {
    const file = join(folder, 'floor.json');
    const args = ['--quick', '--rounds', '1', '--only', SHORT, '--json', file, '--cache', folder];
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...args]);
    const report = Schema.parse(JSON.parse(await readFile(file, 'utf8')));
    expect(report.skipped).toEqual([]);
    for (const { quantiles, min, max } of Object.values(report.distributions)) {
      expect(quantiles).toHaveLength(report.quantileGrid.length);
      expect([quantiles[0], quantiles.at(-1)]).toEqual([min, max]);
    }
    expect(report.isolation.rows.find(({ subject }) => subject === 'kvm.native.callSync')).toMatchObject({
      ...{ boundary: 'virtual machine', backend: 'kvm', cost: expect.any(Number) },
    });
    expect(report.suite).toBe('floor');
    for (const { trial } of report.trials) {
      const measured = report.rows.filter((row) => row.trial === trial);
      // Every subject has its rows, and every row's floor was measured in the same trial.
      for (const { subject, floors } of report.subjects) {
        const rows = measured.filter((row) => row.subject === subject);
        expect(
          rows.map(({ floor }) => floor),
          subject,
        ).toEqual(floors.length > 0 ? floors : [null]);
      }
      for (const { floor, ratio } of measured) {
        expect(ratio === null).toBe(floor === null);
        if (floor !== null) expect(measured.some((row) => row.subject === floor)).toBe(true);
      }
    }
    for (const { subject } of report.subjects) expect(stdout).toContain(subject);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
