// The long form: parts of some million executions, each in its own process.
import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../lib/run.mjs';
import { showFinding } from './table.mjs';

/** @typedef {import('./table.mjs').Result} Result */
/** @typedef {import('./table.mjs').FoundAt} FoundAt */
/** @typedef {import('./worker.mjs').Job} Job */
/** @typedef {{ answer?: import('./worker.mjs').Answer, skipped?: string, died?: string, executions: number, seconds: number }} Outcome */

/** Executions of one part; a repetition makes at most this many again. */
export const PART = 2_500_000;
/** Milliseconds without a message after which a reader counts as hanging: a batch sends some. */
const SILENCE = 180_000;
const HEAP_MIB = 2048;
const folder = join(root, '.cache/fuzz');
const doneFile = join(folder, 'done.json');

/** @param {Job} job @param {(executions: number) => void} onProgress @returns {Promise<Outcome>} */
function runPart(job, onProgress) {
  return new Promise((resolve) => {
    const child = fork(new URL('worker.mjs', import.meta.url), [JSON.stringify(job)], {
      execArgv: [`--max-old-space-size=${HEAP_MIB}`, '--enable-source-maps'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const started = performance.now();
    /** @type {Outcome} */
    const outcome = { executions: 0, seconds: 0 };
    let words = '';
    let silent = false;
    const timer = setTimeout(() => {
      silent = true;
      child.kill('SIGKILL');
    }, SILENCE);
    child.stderr?.on('data', (chunk) => {
      words = `${words}${chunk}`.slice(-4000);
    });
    child.on('message', (/** @type {any} */ message) => {
      timer.refresh();
      if (message.result !== undefined) outcome.answer = message.result;
      else if (message.skipped !== undefined) outcome.skipped = message.skipped;
      else outcome.executions = message.executions;
      onProgress(outcome.executions);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      outcome.seconds = (performance.now() - started) / 1000;
      if (outcome.answer === undefined && outcome.skipped === undefined)
        outcome.died = silent
          ? `nothing came for ${SILENCE / 1000} s`
          : `its process ended with ${signal ?? code}: ${words.trim()}`;
      resolve(outcome);
    });
  });
}

/**
 * Runs a part that died again, and records each input before it is read.
 * @param {string} reader
 * @param {Job} job
 * @param {Outcome} outcome
 * @returns {Promise<FoundAt>}
 */
async function locate(reader, job, outcome) {
  const trace = join(folder, `last-${reader}`);
  const again = await runPart({ ...job, trace }, () => {});
  const input = again.died !== undefined && existsSync(trace) ? readFileSync(trace).toString('base64') : '';
  const execution = job.part * PART + outcome.executions;
  return { execution, kind: 'died', text: `${outcome.died} (soon after execution ${execution})`, input };
}

/** @returns {Record<string, Outcome>} */
const readDone = () => (existsSync(doneFile) ? JSON.parse(readFileSync(doneFile, 'utf8')) : {});

class Run {
  /** @type {Map<string, Result>} */
  results = new Map();
  #options;
  #done;
  #left = 0;
  #last = 0;

  /** @param {{ seed: number, executions: number, processes: number, resume: boolean }} options */
  constructor(options) {
    this.#options = options;
    this.#done = options.resume ? readDone() : {};
  }

  /** @param {ReadonlyMap<string, string>} paths */
  async all(paths) {
    const { executions, processes, seed } = this.#options;
    mkdirSync(folder, { recursive: true });
    /** @type {{ reader: string, job: Job }[]} */
    const jobs = [];
    for (const [reader, path] of paths) {
      this.results.set(reader, {
        reader,
        executions: 0,
        refused: 0,
        corpus: 0,
        functions: 0,
        seconds: 0,
        findings: [],
      });
      for (let part = 0; part * PART < executions; part++)
        jobs.push({ reader, job: { path, seed, part, executions: Math.min(PART, executions - part * PART) } });
    }
    this.#left = jobs.length;
    const next = async () => {
      for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) await this.#one(job.reader, job.job);
    };
    await Promise.all(Array.from({ length: processes }, next));
    return [...this.results.values()];
  }

  /** @param {string} reader @param {Job} job */
  async #one(reader, job) {
    const result = /** @type {Result} */ (this.results.get(reader));
    const { seed, part, executions } = job;
    const key = `${reader} seed ${seed} part ${part} of ${executions}`;
    const known = this.#done[key];
    const outcome = known ?? (await runPart(job, (executions) => this.#tell(reader, result.executions + executions)));
    this.#left--;
    if (outcome.skipped !== undefined) result.skipped = outcome.skipped;
    /** @type {FoundAt[]} */
    const findings = (outcome.answer?.findings ?? []).map((finding) => ({
      ...finding,
      execution: finding.execution < 0 ? -1 : part * PART + finding.execution,
    }));
    if (outcome.died !== undefined) findings.push(await locate(reader, job, outcome));
    for (const finding of findings) showFinding(reader, seed, finding);
    const { answer } = outcome;
    Object.assign(result, {
      executions: result.executions + (answer?.executions ?? outcome.executions),
      refused: result.refused + (answer?.refused ?? 0),
      corpus: Math.max(result.corpus, answer?.corpus ?? 0),
      functions: Math.max(result.functions, answer?.functions ?? 0),
      seconds: result.seconds + outcome.seconds,
      findings: [...result.findings, ...findings],
    });
    if (known !== undefined || findings.length > 0 || answer === undefined) return;
    this.#done[key] = outcome;
    writeFileSync(doneFile, JSON.stringify({ ...readDone(), [key]: outcome }));
    console.log(
      `${reader}: part ${part + 1}, ${answer.executions} executions in ${Math.round(outcome.seconds)} s, ${answer.corpus} inputs kept; ${this.#left} parts to come`,
    );
  }

  /** Reports at most once a minute. @param {string} reader @param {number} executions */
  #tell(reader, executions) {
    if (performance.now() - this.#last < 60_000) return;
    this.#last = performance.now();
    console.log(`${reader}: ${executions} executions; ${this.#left} parts to come`);
  }
}

/** @param {ReadonlyMap<string, string>} paths of readers, by name @param {{ seed: number, executions: number, processes: number, resume: boolean }} options */
export const runLong = (paths, options) => new Run(options).all(paths);
