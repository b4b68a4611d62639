/** Starts one process for each trial, one after the other. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Progress } from './progress.js';
import type { Plan, TrialMessage, TrialSamples } from './types.js';

const entry = fileURLToPath(new URL('./trial.js', import.meta.url));

function runTrial(plan: Plan, progress: Progress): Promise<TrialSamples> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, { execArgv: ['--expose-gc'], serialization: 'advanced' });
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

export async function runTrials(
  plan: Omit<Plan, 'trial'>,
  trials: number,
  progress: Progress,
): Promise<TrialSamples[]> {
  const results: TrialSamples[] = [];
  for (let trial = 1; trial <= trials; trial++) results.push(await runTrial({ ...plan, trial }, progress));
  progress.done();
  return results;
}
