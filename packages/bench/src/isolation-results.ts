/** Runs laws and attacks, each in its own process. Results are kept as long as the code is the same. */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Kept } from './cache/kept.js';
import { ATTACKS, VARIABLE } from './isolation/attacks.js';
import type { BackendLaws, PeerProbes, ProbeResult } from './isolation/results.js';
import type { IsolationJob, JobMessage } from './isolation-job.js';

const entry = fileURLToPath(new URL('./isolation-job.js', import.meta.url));
/**
 * Milliseconds. The laws and the set-up may take minutes on a busy machine. An attack that is not stopped in time never
 * is.
 */
const PATIENCE = { laws: 20 * 60_000, setUp: 60_000, attack: 10_000 };

/** `ended`: the attack had begun, and the process had to be killed or crashed. */
type Answer<T> = { readonly result: T } | { readonly error: string } | { readonly ended: string };

function startJob(job: IsolationJob, env: NodeJS.ProcessEnv): ChildProcess {
  const child = fork(entry, {
    execArgv: ['--expose-gc'],
    env: { ...process.env, ...env },
    // A process group of its own, so that its descendants end with it.
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.send(job);
  return child;
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The process has already ended.
  }
}

function runJob<T>(job: IsolationJob, env: NodeJS.ProcessEnv = {}): Promise<Answer<T>> {
  return new Promise((resolve) => {
    const child = startJob(job, env);
    let [attacking, answer]: [boolean, Answer<T> | undefined] = [false, undefined];
    const giveUp = (milliseconds: number) =>
      setTimeout(() => {
        const text = `${milliseconds / 1000} s`;
        answer ??= attacking
          ? { ended: `it ran on, and was killed after ${text}` }
          : { error: `not done after ${text}` };
        killGroup(child);
      }, milliseconds);
    let timer = giveUp(job.kind === 'laws' ? PATIENCE.laws : PATIENCE.setUp);
    child.on('message', (message: JobMessage<T>) => {
      if (!('ready' in message)) answer ??= message;
      else {
        attacking = true;
        clearTimeout(timer);
        timer = giveUp(PATIENCE.attack);
      }
    });
    child.on('error', (error) => resolve({ error: error.message }));
    child.on('exit', (status, signal) => {
      clearTimeout(timer);
      // Kill what the job left running.
      killGroup(child);
      const how = signal ?? `status ${status}`;
      resolve(answer ?? (attacking ? { ended: `it took its caller along (${how})` } : { error: `it ended (${how})` }));
    });
  });
}

/** Returns stored counts; measures new ones if `run` allows it. */
export async function lawsFor(backend: string, kept: Kept, run: boolean): Promise<BackendLaws | undefined> {
  const before = kept.get<BackendLaws>(`laws-${backend}`);
  if (before !== undefined || !run) return before;
  const answer = await runJob<BackendLaws>({ kind: 'laws', backend });
  if (!('result' in answer)) {
    const about = { backend, time: new Date().toISOString(), seed: 0, runs: 0, seconds: 0, themes: {}, failures: [] };
    return { ...about, problem: 'error' in answer ? answer.error : answer.ended };
  }
  // A busy machine may cause a law to fail, so failures are shown but not stored: the next run checks again.
  if (answer.result.problem === null && answer.result.failures.length === 0) kept.set(`laws-${backend}`, answer.result);
  return answer.result;
}

/** Runs one attack in its own process, because the attack may end it. */
export async function tryAttack(suite: string, peer: string, id: string): Promise<ProbeResult> {
  const folder = mkdtempSync(join(tmpdir(), 'colony-bench-probe-'));
  try {
    const secrets = { environment: randomUUID(), file: join(folder, 'secret.txt'), content: randomUUID() };
    writeFileSync(secrets.file, secrets.content);
    const job: IsolationJob = { kind: 'attack', suite, peer, id, secrets };
    const answer = await runJob<ProbeResult>(job, { [VARIABLE]: secrets.environment });
    if ('result' in answer) return answer.result;
    return 'error' in answer
      ? { outcome: 'not tried', answer: answer.error.split('\n')[0]! }
      : { outcome: 'gave way', answer: answer.ended };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Returns stored results of all attacks; runs the missing ones in sequence if allowed. */
export async function probesFor(
  suite: string,
  peer: string,
  kept: Kept,
  run: boolean,
  doing: (id: string) => void = () => {},
): Promise<PeerProbes | undefined> {
  const name = `probes-${suite}-${peer}`;
  const before = kept.get<PeerProbes>(name);
  if (before !== undefined || !run) return before;
  const results: Record<string, ProbeResult> = {};
  for (const { id } of ATTACKS) {
    doing(id);
    results[id] = await tryAttack(suite, peer, id);
  }
  const probes: PeerProbes = { peer, results };
  kept.set(name, probes);
  return probes;
}
