// The attacks succeed without isolation and fail if nothing is reachable; and the first table reports them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import vm from 'node:vm';
import { type LawResult, THEMES } from '@colony/conformance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kvmProblem } from '../../../scripts/lib/kvm.mjs';
// The built file, because it starts processes that run built code.
import { tryAttack } from '../dist/isolation-results.js';
import { Kept } from '../src/cache/kept.js';
import { ATTACKS, attack, VARIABLE } from '../src/isolation/attacks.js';
import { BOUNDARIES } from '../src/isolation/boundaries.js';
import { countByTheme, lawsOf } from '../src/isolation/laws.js';
import type { Probed } from '../src/isolation/probed.js';
import type { BackendLaws, PeerProbes, ProbeResult } from '../src/isolation/results.js';
import type { Report } from '../src/report/index.js';
import { isolationOf } from '../src/report/isolation.js';
import { findSuite, suiteNames } from '../src/suites/index.js';
import { isolationGrid, lawsGrid, probesGrid } from '../src/tables/isolation.js';
import { type Spec, specsOf } from '../src/types.js';

let folder = '';
const secrets = () => ({ environment: 'a-secret', file: join(folder, 'secret.txt'), content: 'another' });
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-attacks-'));
  writeFileSync(secrets().file, secrets().content);
  process.env[VARIABLE] = secrets().environment;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  delete process.env[VARIABLE];
  delete (Object.prototype as { colonyBench?: number }).colonyBench;
});

/** A peer without isolation. */
const open: Probed = { evaluate: async (source) => vm.runInThisContext(source), close: async () => {} };
/** A peer that only adds, and refuses everything else. */
const closed: Probed = {
  evaluate: async (source) => {
    if (source === '1 + 1') return 2;
    if (source.includes('globalThis.left ??')) return null;
    if (source.includes('globalThis.left =')) return 42;
    throw new Error('out of bounds');
  },
  close: async () => {},
};
const outcome = async (probed: Probed, id: string) => (await attack(id, async () => probed, secrets())).outcome;

describe.each(ATTACKS.filter(({ id }) => id !== 'loop').map(({ id }) => id))('%s', (id) => {
  it('succeeds if nothing isolates', async () => expect(await outcome(open, id)).toBe('gave way'));
  it('fails if everything is refused', async () => {
    delete (Object.prototype as { colonyBench?: number }).colonyBench;
    expect(await outcome(closed, id)).toBe('withstood');
  });
});

it('an attack that does not end before its deadline has no verdict', async () => {
  const late: Probed = {
    ...closed,
    evaluate: async (source) => (source === '1 + 1' ? 2 : Promise.reject(new Error('killed after 100 ms'))),
  };
  for (const id of ['memory', 'environment', 'files']) expect(await outcome(late, id)).toBe('not tried');
  expect(await outcome(late, 'loop')).toBe('withstood');
});

it('a peer that cannot add is not attacked', async () => {
  const broken: Probed = { ...open, evaluate: async () => 3 };
  await expect(attack('loop', async () => broken, secrets())).rejects.toThrow('1 + 1 gave 3');
  await expect(attack('none', async () => open, secrets())).rejects.toThrow("no attack 'none'");
});

/** On a busy machine the deadline of a peer, 100 ms, may pass before the attack was tried. */
async function withTries(peer: string): Promise<ProbeResult> {
  for (let tries = 1; ; tries++) {
    const result = await tryAttack('field', peer, 'environment');
    if (result.outcome !== 'not tried' || tries === 10) return result;
  }
}

it('an attack has its own process: it succeeds in node:vm, and fails in a context', {
  timeout: 300_000,
}, async () => {
  const [peer, ours] = await Promise.all([withTries('node_vm'), withTries('wasm')]);
  expect([peer.outcome, ours.outcome], `${peer.answer}; ${ours.answer}`).toEqual(['gave way', 'withstood']);
  expect((await tryAttack('field', 'not-there', 'environment')).outcome).toBe('not tried');
});

it.for(['kvm', 'wasm', 'process'])(
  'the laws run on %s and are counted: one of each theme',
  {
    timeout: 300_000,
  },
  async (backend, context) => {
    const problem = kvmProblem();
    if (backend === 'kvm' && problem !== undefined) context.skip(problem);
    const seen = new Set<string>();
    const {
      themes,
      failures,
      problem: why,
    } = await lawsOf(backend, ({ theme }) => !seen.has(theme) && !!seen.add(theme));
    expect([why, failures]).toEqual([null, []]);
    expect(Object.keys(themes).sort()).toEqual([...THEMES].sort());
    for (const [theme, { passed, refused, skipped }] of Object.entries(themes))
      expect(passed + refused + skipped, theme).toBe(1);
  },
);

it('laws are counted by theme', () => {
  const result = (theme: string, status: LawResult['status']) => ({ law: { theme }, status }) as LawResult;
  expect(countByTheme([result('limits', 'passed'), result('limits', 'failed'), result('abort', 'refused')])).toEqual({
    limits: { passed: 1, refused: 0, skipped: 0, failed: 1 },
    abort: { passed: 0, refused: 1, skipped: 0, failed: 0 },
  });
});

const LAWS: BackendLaws = {
  ...{ backend: 'kvm', time: '', seed: 1, runs: 5, seconds: 1, problem: null },
  themes: { limits: { passed: 9, refused: 1, skipped: 2, failed: 1 } },
  failures: ['a sentence: broken'],
};
const PROBES: PeerProbes = {
  peer: 'some.peer',
  results: {
    loop: { outcome: 'withstood', answer: 'stopped after 9 ms' },
    files: { outcome: 'gave way', answer: 'it read <a file>' },
    memory: { outcome: 'not tried', answer: 'why' },
  },
};
const spec = (subject: string, boundary?: Spec['boundary']): Spec => ({
  ...{ subject, what: '', unit: 'us', floors: [] },
  ...(boundary && { boundary }),
});
const SPECS = [
  spec('c.call'),
  spec('some.peer.cold', 'realm'),
  spec('kvm.js.call', 'virtual machine'),
  spec('untested', 'wasm'),
];

it('the first table has the boundary, its gaps, the tests and the cost', () => {
  const summary = [{ subject: 'kvm.js.call', median: 30 }] as unknown as Report['summary'];
  const report = { isolation: isolationOf(SPECS, summary, { laws: [LAWS], probes: [PROBES] }) } as unknown as Report;
  const { rows } = isolationGrid(report);
  const of = (subject: string) => ({ text: subject, note: SPECS.find((known) => known.subject === subject)?.what });
  expect(rows).toEqual([
    expect.stringMatching(/^virtual machine: .*Not protected: bugs of KVM/),
    [of('kvm.js.call'), '30.0 µs', '9 of 10 laws, 1 refused, BROKEN'],
    expect.stringContaining(`Not protected: ${BOUNDARIES.wasm.leaves}`),
    [of('untested'), 'not measured', 'not tested'],
    expect.stringMatching(/^realm: /),
    [of('some.peer.cold'), 'not measured', '1 of 2 attacks'],
  ]);
  // Without laws and attacks, a column of 'not tested' would say nothing.
  const untested = { isolation: isolationOf(SPECS, summary, { laws: [], probes: [] }) } as unknown as Report;
  expect(isolationGrid(untested).head).toEqual(['boundary, and subjects that have it', 'cost (median)']);
  expect(isolationGrid(untested).notes?.join()).toContain('Nothing was tested in this run');
  expect(lawsGrid(report)?.rows).toEqual([['limits', '9 of 10, 1 refused, 2 skipped']]);
  expect(lawsGrid(report)?.notes).toContain('kvm broke a law: a sentence: broken');
  expect(probesGrid(report, true)?.rows[0]).toContain('NO: it read <a file>');
});

it('a report has no laws and probes of unmeasured subjects', () => {
  expect(isolationOf([spec('c.call')], [], { laws: [LAWS], probes: [PROBES] })).toEqual({
    rows: [],
    laws: [],
    probes: [],
  });
});

it("every subject that calls Colony by a backend's name has a boundary, or is a part of a call", () => {
  const isolating = suiteNames().flatMap((name) =>
    specsOf(findSuite(name)).filter(({ boundary }) => boundary !== undefined),
  );
  expect(isolating.length).toBeGreaterThan(30);
  for (const { boundary } of isolating) expect(Object.keys(BOUNDARIES)).toContain(boundary);
  expect(isolating.filter(({ subject }) => subject.startsWith('c.'))).toEqual([]);
});

it('results are kept only for the same code', () => {
  new Kept(folder, 'abc').set('laws-kvm', LAWS);
  expect(new Kept(folder, 'abc').get('laws-kvm')).toEqual(LAWS);
  expect(new Kept(folder, 'def').get('laws-kvm')).toBeUndefined();
});
