/** Starts one process for each trial, in sequence, until there are enough. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Journal } from './cache/journal.js';
import type { Progress } from './progress.js';
import type { Plan, TrialMessage, TrialSamples } from './types.js';

const entry = fileURLToPath(new URL('./trial.js', import.meta.url));

/** The user stopped the run; finished trials are kept. */
export class Interrupted extends Error {}

function runTrial(plan: Plan, progress: Progress, started: (child: ChildProcess) => void): Promise<TrialSamples> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, { execArgv: ['--expose-gc'], serialization: 'advanced' });
    started(child);
    let result: TrialSamples | undefined;
    child.on('message', (message: TrialMessage) => {
      if (message.kind === 'progress') progress.step(plan.trial, message.done / message.of, message.doing);
      else result = message.result;
    });
    child.on('error', reject);
    child.on('exit', (status, signal) => {
      if (result !== undefined) resolve(result);
      else reject(new Error(`trial ${plan.trial} ended without a result (${signal ?? `status ${status}`})`));
    });
    child.send(plan);
  });
}

export interface Course {
  readonly plan: Omit<Plan, 'trial'>;
  /** Trials that an earlier run finished. */
  readonly before: readonly TrialSamples[];
  readonly journal: Pick<Journal, 'add'>;
  readonly progress: Progress;
  /** Subjects for the next trial; an empty list ends the run. */
  readonly next: (done: readonly TrialSamples[]) => readonly string[];
}

/** @throws Interrupted on SIGINT or SIGTERM */
export async function runTrials({ plan, before, journal, progress, next }: Course): Promise<TrialSamples[]> {
  const done = [...before];
  let child: ChildProcess | undefined;
  let stopped: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    stopped = signal;
    child?.kill('SIGKILL');
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    for (let subjects = next(done); subjects.length > 0; subjects = next(done)) {
      const trial = done.length + 1;
      const result = await runTrial({ ...plan, subjects, trial }, progress, (started) => {
        child = started;
      });
      journal.add(result);
      done.push(result);
      if (stopped !== undefined) throw new Interrupted();
    }
  } catch (error) {
    if (stopped === undefined) throw error;
    throw new Interrupted(
      `stopped by ${stopped}; ${done.length} trials are kept: the same command continues with them`,
    );
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    progress.done();
  }
  return done;
}
