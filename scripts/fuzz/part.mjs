// One part of a run: some executions of one reader, from its seeds and the inputs that earlier executions of the part
// found.
import { isDeepStrictEqual } from 'node:util';
import { Random } from './random.mjs';

/** @typedef {import('./reader.mjs').Reader} Reader */
/** @typedef {{ execution: number, kind: string, text: string, input: Uint8Array }} Finding `kind` is the same for the same fault */
/**
 * @typedef {object} PartOptions
 * @property {number} seed
 * @property {number} part
 * @property {number} executions
 * @property {import('./coverage.mjs').Coverage} [coverage] is closed at the end
 * @property {(executions: number) => void} [onProgress] is called once for each batch
 * @property {(input: Uint8Array, execution: number) => void} [onInput] is called before each execution
 * @property {boolean} [planted] the reader has its planted fault
 * @property {boolean} [untilFound] ends with the first finding
 */
/** @typedef {{ executions: number, refused: number, corpus: number, findings: Finding[] }} PartResult */

/** Executions between two coverage snapshots. */
const BATCH = 1000;
/**
 * Executions of a part with coverage guidance. V8 runs no optimized code while it collects coverage. The rest starts
 * from the inputs found so far and is two to three times as fast.
 */
const GUIDED = 150_000;
/** Frames of the stack of a finding. */
const FRAMES = 20;
const MOST_FINDINGS = 10;
export const PLANTED = 'the planted fault';
const MOST_CORPUS = 4000;
/** Milliseconds of CPU time after which an execution is measured again; this value alone decides nothing. */
const NOTICEABLE = 25;
const FACTOR = 100;

/** Globals that reading an input must not change. */
function globals() {
  const objects = [globalThis, Object, Array, Function, Map, Set, Promise, String, Error, RegExp].flatMap((global) =>
    'prototype' in global ? [global, global.prototype] : [global],
  );
  return [...objects.map((object) => Reflect.ownKeys(object)), Error.stackTraceLimit];
}

/** Nanoseconds per byte of ordinary work, on this machine at this moment. */
function ordinaryTime() {
  const text = JSON.stringify(Array.from({ length: 1000 }, (_, id) => ({ id, name: `name ${id}`, ok: true })));
  return leastTime(() => JSON.parse(text), 5) / text.length;
}

/** The least CPU time, which is independent of the machine's load. @param {() => unknown} work @param {number} runs */
function leastTime(work, runs) {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < runs; run++) {
    const start = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) * 1000);
  }
  return least;
}

/** The text of any thrown value. @param {unknown} thrown */
function textOf(thrown) {
  if (!(thrown instanceof Error)) return String(thrown);
  const { code } = /** @type {{ code?: unknown }} */ (thrown);
  const cause = thrown.cause instanceof Error ? `\ncaused by ${thrown.cause.stack}` : '';
  return `${code === undefined ? '' : `${String(code)} `}${thrown.stack ?? thrown.message}${cause}`;
}

/**
 * Identifies a fault by its error and its origin. An error with a code is identified by the code, because its text
 * depends on the input.
 * @param {unknown} thrown
 */
function kindOf(thrown) {
  const { code } = /** @type {{ code?: unknown }} */ (Object(thrown));
  const [first = '', ...frames] = textOf(thrown).split('\n');
  const place = frames.find((line) => /^\s+at /.test(line)) ?? '';
  return `${
    code ??
    first
      .replace(/\d+/g, 'N')
      .replace(/[`'"].*/, '')
      .slice(0, 60)
  } ${place.trim()}`;
}

const isRefusal = (/** @type {Reader} */ reader, /** @type {any} */ thrown) =>
  thrown instanceof Error &&
  thrown.name === 'ColonyError' &&
  reader.refusals.includes(/** @type {any} */ (thrown).code);

export class Part {
  #reader;
  #options;
  #random;
  /** Inputs that reached new code, and those of them that were accepted. @type {Uint8Array[]} */
  #corpus;
  /** @type {Uint8Array[]} */
  #accepted;
  /** @type {Finding[]} */
  #findings = [];
  #refused = 0;
  #ordinary = ordinaryTime();
  /** @type {unknown} */
  #globals;

  /** @param {Reader} reader @param {PartOptions} options */
  constructor(reader, options) {
    this.#reader = reader;
    this.#options = options;
    this.#random = new Random(options.seed, options.part);
    this.#corpus = [...reader.seeds];
    this.#accepted = [...reader.seeds];
  }

  /** @returns {Promise<PartResult>} */
  async run() {
    const { executions, onProgress, untilFound = false } = this.#options;
    let { coverage } = this.#options;
    const most = untilFound ? 1 : MOST_FINDINGS;
    await this.#checkSeeds();
    this.#globals = globals();
    coverage?.isNew(true);
    let done = 0;
    while (done < executions && this.#findings.length < most) {
      const batch = Array.from({ length: Math.min(BATCH, executions - done) }, () => this.#make());
      await this.#batch(batch, done, coverage);
      done += batch.length;
      onProgress?.(done);
      if (done < GUIDED) continue;
      coverage?.end();
      coverage = undefined;
    }
    coverage?.end();
    return { executions: done, refused: this.#refused, corpus: this.#corpus.length, findings: this.#findings };
  }

  /**
   * Checks that seeds are valid. This also initializes everything that is made on first use, before anything is
   * counted.
   */
  async #checkSeeds() {
    for (const [index, seed] of this.#reader.seeds.entries()) {
      await this.#execute(seed, -1);
      if (this.#refused === 0) continue;
      this.#findings.push({ execution: -1, kind: 'seed', text: `seed ${index} is refused`, input: seed });
      this.#refused = 0;
    }
  }

  #make() {
    const random = this.#random;
    // A mutation of a refused input is mostly refused, too, and for the same reason.
    const from = random.once(4) ? this.#corpus : this.#accepted;
    // Recent inputs lead to new code more often.
    const recent = random.once(2) ? from.length : Math.min(from.length, 32);
    const input = /** @type {Uint8Array} */ (from[from.length - 1 - random.below(recent)]);
    return random.pick(this.#reader.mutators)(random, input, random.pick(this.#corpus));
  }

  /** @param {readonly Uint8Array[]} batch @param {number} from @param {import('./coverage.mjs').Coverage | undefined} coverage */
  async #batch(batch, from, coverage) {
    for (const [index, input] of batch.entries()) {
      const failed = this.#execute(input, from + index);
      if (failed instanceof Promise) await failed;
    }
    await this.#checkGlobals(batch, from);
    if (coverage?.isNew(false) && this.#corpus.length < MOST_CORPUS) await this.#keepNew(batch, coverage);
  }

  /**
   * Finds the inputs that ran new code, by bisection.
   * @param {readonly Uint8Array[]} inputs
   * @param {import('./coverage.mjs').Coverage} coverage
   */
  async #keepNew(inputs, coverage) {
    coverage.drop();
    let accepted = false;
    for (const input of inputs) accepted = await this.#quietly(input);
    if (!coverage.isNew(inputs.length === 1)) return;
    if (inputs.length === 1) {
      this.#corpus.push(/** @type {Uint8Array} */ (inputs[0]));
      if (accepted) this.#accepted.push(/** @type {Uint8Array} */ (inputs[0]));
      return;
    }
    const half = inputs.length >> 1;
    await this.#keepNew(inputs.slice(0, half), coverage);
    await this.#keepNew(inputs.slice(half), coverage);
  }

  /** @param {Uint8Array} input */
  async #quietly(input) {
    try {
      await this.#reader.read(input.slice());
      return true;
    } catch {
      return false; // the input was already counted
    }
  }

  /**
   * Throws for a fault; returns false for a refusal. @param {Uint8Array} input @returns {boolean | Promise<boolean>}
   */
  #attempt(input) {
    const { planted = false } = this.#options;
    /** @param {unknown} value */
    const done = (value) => {
      if (planted && this.#reader.planted(input, value)) throw new TypeError(PLANTED);
      return true;
    };
    /** @param {unknown} thrown */
    const failed = (thrown) => {
      if (!isRefusal(this.#reader, thrown)) throw thrown;
      return false;
    };
    try {
      // A copy, because a reader that changes its input would otherwise hide it.
      const value = this.#reader.read(input.slice());
      return value instanceof Promise ? value.then(done, failed) : done(value);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** @param {Uint8Array} input @param {number} execution @returns {undefined | Promise<void>} */
  #execute(input, execution) {
    this.#options.onInput?.(input, execution);
    const start = performance.now();
    /** @param {boolean} accepted */
    const done = (accepted) => {
      if (!accepted) this.#refused++;
      return performance.now() - start > NOTICEABLE ? this.#checkTime(input, execution) : undefined;
    };
    /** @param {unknown} thrown */
    const failed = (thrown) => this.#found(input, execution, thrown);
    try {
      const outcome = this.#attempt(input);
      return outcome instanceof Promise ? outcome.then(done).catch(failed) : done(outcome);
    } catch (thrown) {
      return failed(thrown);
    }
  }

  /** @param {Uint8Array} input */
  async #leastTime(input) {
    let least = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 5; run++) {
      const start = process.cpuUsage();
      await this.#quietly(input);
      const { user, system } = process.cpuUsage(start);
      least = Math.min(least, (user + system) * 1000);
    }
    return least;
  }

  /** @param {Uint8Array} input @param {number} execution */
  async #checkTime(input, execution) {
    const { allowance = 65536 } = this.#reader;
    const most = FACTOR * this.#ordinary * (input.length + allowance);
    const least = await this.#leastTime(input);
    if (least <= most) return;
    const text = `reading ${input.length} bytes took ${Math.round(least / 1e6)} ms of CPU time, more than ${Math.round(most / 1e6)} ms`;
    this.#findings.push({ execution, kind: 'too slow', text, input });
  }

  /** @param {Uint8Array} input @param {number} execution @param {unknown} thrown */
  async #found(input, execution, thrown) {
    const kind = kindOf(thrown);
    if (this.#findings.length === MOST_FINDINGS || this.#findings.some((finding) => finding.kind === kind)) return;
    const least = await this.#least(input, kind);
    this.#findings.push({ execution, kind, text: await this.#fullText(least, thrown), input: least });
  }

  /** @param {Uint8Array} input @param {unknown} thrown */
  async #fullText(input, thrown) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = FRAMES;
    try {
      await this.#attempt(input);
      return `${textOf(thrown)}\n(it does not happen again)`;
    } catch (again) {
      return textOf(again);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  /** @param {readonly Uint8Array[]} batch @param {number} from */
  async #checkGlobals(batch, from) {
    if (isDeepStrictEqual(globals(), this.#globals)) return;
    this.#globals = globals();
    const text = `something changed the globals in executions ${from} to ${from + batch.length - 1}`;
    this.#findings.push({ execution: from, kind: 'globals', text, input: batch[0] ?? new Uint8Array(0) });
  }

  /** Shrinks an input that shows the same fault. @param {Uint8Array} input @param {string} kind */
  async #least(input, kind) {
    let least = input;
    /** @param {Uint8Array} candidate */
    const fails = async (candidate) => {
      try {
        await this.#attempt(candidate);
        return false;
      } catch (thrown) {
        return kindOf(thrown) === kind;
      }
    };
    for (let size = least.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at + size <= least.length; ) {
        const shorter = new Uint8Array(least.length - size);
        shorter.set(least.subarray(0, at));
        shorter.set(least.subarray(at + size), at);
        if (await fails(shorter)) least = shorter;
        else at += size;
      }
    }
    return least;
  }
}
