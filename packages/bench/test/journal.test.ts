// Finished trials on disk: only the same run reuses them.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Journal } from '../src/cache/journal.js';
import { self } from '../src/cache/owner.js';
import type { TrialSamples } from '../src/types.js';

let folder = '';
const file = () => join(folder, 'runs/floor.jsonl');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const KEY = { plan: '5 trials', code: 'abc', kernel: '6' };
const trial = (number: number): TrialSamples => ({
  ...{ trial: number, seconds: 1, load: { before: 0, after: 0 }, stealMs: 0, skipped: [] },
  samples: { a: [[1.5, 2], [], [3]] },
});
const open = (key: Record<string, string> = KEY, fresh = false) => Journal.open(file(), key, fresh);

function recorded(...numbers: number[]): void {
  const { journal } = open();
  for (const number of numbers) journal.add(trial(number));
}

it('finished trials are read back, and more are added', () => {
  recorded(1, 2);
  const again = open();
  expect(again.trials).toEqual([trial(1), trial(2)]);
  expect(again.words).toMatch(/going on with the run of .* 2 trials done/);
  again.journal.add(trial(3));
  expect(open().trials).toHaveLength(3);
});

it('a run that ended leaves nothing', () => {
  recorded(1);
  open().journal.end();
  expect(open()).toMatchObject({ trials: [], words: '' });
});

it('a line that was cut by a power failure is left out', () => {
  recorded(1, 2);
  const text = readFileSync(file(), 'utf8');
  writeFileSync(file(), text.slice(0, -20));
  const again = open();
  expect(again.trials).toEqual([trial(1)]);
  again.journal.add(trial(2));
  expect(open().trials).toEqual([trial(1), trial(2)]);
});

it.each([
  [{ ...KEY, plan: '9 trials' }, 'its plan was 5 trials, now it is 9 trials'],
  [{ ...KEY, code: 'def' }, 'its code was abc, now it is def'],
  [{ ...KEY, kernel: '7' }, 'its kernel was 6, now it is 7'],
])('the record of another run is ignored with the reason: %o', (key, reason) => {
  recorded(1);
  expect(open(key)).toMatchObject({ trials: [], words: expect.stringContaining(reason) });
  expect(open(key).trials).toEqual([]);
});

it('a fresh run uses no record, and reports what it ignores', () => {
  recorded(1);
  expect(open(KEY, true)).toMatchObject({ trials: [], words: expect.stringContaining('--fresh: 1 trial of') });
});

it('an invalid file is reported as such', () => {
  recorded(1);
  writeFileSync(file(), 'garbage\n{}\n');
  expect(open()).toMatchObject({ trials: [], words: expect.stringContaining('is not a record of a run') });
});

it('a file that another process is writing is not changed', () => {
  recorded(1);
  const [header, ...lines] = readFileSync(file(), 'utf8').split('\n');
  const theirs = { ...JSON.parse(header!), owner: { ...self(), pid: 1, started: startOf(1) } };
  writeFileSync(file(), [JSON.stringify(theirs), ...lines].join('\n'));
  const before = readFileSync(file(), 'utf8');
  const { journal, trials, words } = open();
  expect(trials).toEqual([]);
  expect(words).toContain('another run (process 1)');
  journal.add(trial(9));
  journal.end();
  expect(readFileSync(file(), 'utf8')).toBe(before);
  // After a boot, the same number belongs to another process.
  writeFileSync(file(), [JSON.stringify({ ...theirs, owner: { ...theirs.owner, boot: 'x' } }), ...lines].join('\n'));
  expect(open().trials).toEqual([trial(1)]);
});

const startOf = (pid: number) => {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
};

it('garbage after a valid record does not lose the valid part', () => {
  recorded(1);
  appendFileSync(file(), 'half a lin');
  expect(open().trials).toEqual([trial(1)]);
});
