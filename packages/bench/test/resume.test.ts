// A killed run continues after its last finished trial, with real processes and real signals.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Report } from '../src/report/index.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** Enough trials that a run which continues while this process waits is not over before the kill. */
const TRIALS = 5;
const ALL = [1, 2, 3, 4, 5];

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'colony-resume-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function start(...more: string[]): { child: ChildProcess; ended: Promise<{ status: number | null; stderr: string }> } {
  const args = ['--suite', 'floor', '--only', '^c\\.(call|syscall)$', '--quick', '--rounds', '2', ...more];
  const child = spawn(process.execPath, [main, ...args, '--cache', folder, '--json', join(folder, 'out.json')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr!.on('data', (chunk) => (stderr += chunk));
  return { child, ended: new Promise((resolve) => child.once('close', (status) => resolve({ status, stderr }))) };
}

const lines = () => {
  const file = join(folder, 'floor.jsonl');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
};
const report = () => JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')) as Report;

async function until(what: () => boolean): Promise<void> {
  while (!what()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/**
 * Kills a run of several trials in the middle of a later one. @returns the finished trials, and the processes that ran
 */
async function killed(signal: NodeJS.Signals) {
  const { child, ended } = start('--trials', String(TRIALS));
  await until(() => lines().length >= 2);
  const running = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  child.kill(signal);
  const { status, stderr } = await ended;
  const done = lines()
    .slice(1)
    .map((line) => JSON.parse(line) as Report['trials'][number]);
  expect(done.length).toBeGreaterThanOrEqual(1);
  expect(done.length).toBeLessThan(TRIALS);
  return { status, stderr, done, running };
}

it('after a kill, the same command continues, and no process is left', { timeout: 300_000 }, async () => {
  const { done, running } = await killed('SIGKILL');
  await until(() =>
    running.every(
      (pid) => !existsSync(`/proc/${pid}/exe`) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '),
    ),
  );
  const { status, stderr } = await start('--trials', String(TRIALS)).ended;
  expect(status).toBe(0);
  expect(stderr).toContain(`${done.length} trial`);
  expect(stderr).toContain('going on with the run of');
  expect(report().trials.map(({ trial }) => trial)).toEqual(ALL);
  for (const { subject } of report().subjects) {
    expect(
      report()
        .rows.filter((row) => row.subject === subject)
        .map(({ trial }) => trial),
    ).toEqual(ALL);
  }
  // Not measured again: a repeated trial would take a different time.
  expect(
    report()
      .trials.slice(0, done.length)
      .map(({ seconds }) => seconds),
  ).toEqual(done.map(({ seconds }) => seconds));
  expect(lines()).toEqual([]);
});

it('after a stop by the user, the status is reported, and another plan starts from the beginning', {
  timeout: 300_000,
}, async () => {
  const { status, stderr, done } = await killed('SIGINT');
  expect(status).toBe(130);
  expect(stderr).toContain('stopped by SIGINT');
  expect(stderr).toContain('the same command continues');
  const other = await start('--trials', '1').ended;
  expect(other.stderr).toMatch(/an interrupted run of .* is ignored: its plan was/);
  expect(report().trials).toHaveLength(1);
  expect(report().trials[0]!.seconds).not.toBe(done[0]!.seconds);
});

it('--until runs more trials, up to a bound, and reports the confidence', { timeout: 300_000 }, async () => {
  const { status, stderr } = await start('--trials', '2', '--until', '0.000001', '--most', '3').ended;
  expect(status).toBe(0);
  expect(stderr).toContain('continue: not all medians are within');
  const { trials, confidence } = report();
  expect(trials).toHaveLength(3);
  expect(confidence).toMatchObject({ until: 0.000001, subjects: 2 });
});
