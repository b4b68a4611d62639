// Measures which parts of the readers' code have run, from V8's own precise coverage. Its cost on Node 20: a snapshot
// takes one to three milliseconds, so there is one per thousand inputs; if new code has run, some more snapshots find
// the input. V8 also runs no optimized code meanwhile: the reader hypercall-door needs 147 µs for an input instead of
// 57.
//
// Jazzer.js (libFuzzer for Node) would be the library for it. Its binary (4.0.0) needs glibc 2.38, newer than that of
// Debian 12 and of Colony's own floor. It also cannot mutate inputs item by item, with recomputed checksums.
import { Session } from 'node:inspector';

/** @typedef {import('node:inspector').Profiler.FunctionCoverage} FunctionCoverage */
/** @typedef {readonly (readonly [number, number])[]} Ranges sorted and disjoint */

/** @param {Ranges} a @param {Ranges} b @returns {Ranges} */
export function intersection(a, b) {
  /** @type {[number, number][]} */
  const both = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [one, two] = [
      /** @type {readonly [number, number]} */ (a[i]),
      /** @type {readonly [number, number]} */ (b[j]),
    ];
    const [start, end] = [Math.max(one[0], two[0]), Math.min(one[1], two[1])];
    if (start < end) both.push([start, end]);
    if (one[1] < two[1]) i++;
    else j++;
  }
  return both;
}

/**
 * The parts of a function that did not run. Ranges nest, the outer one first. @param {FunctionCoverage} covered
 * @returns {Ranges}
 */
function unrun({ ranges }) {
  /** @type {[number, number][]} */
  let result = [];
  for (const { startOffset, endOffset, count } of ranges) {
    if (count === 0) result.push([startOffset, endOffset]);
    else result = result.flatMap(([start, end]) => cut(start, end, startOffset, endOffset));
  }
  result.sort(([a], [b]) => a - b);
  /** @type {[number, number][]} */
  const merged = [];
  for (const [start, end] of result) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged;
}

/** @param {number} start @param {number} end @param {number} from @param {number} to @returns {[number, number][]} */
function cut(start, end, from, to) {
  if (to <= start || from >= end) return [[start, end]];
  /** @type {[number, number][]} */
  const left = [
    [start, from],
    [to, end],
  ];
  return left.filter(([a, b]) => a < b);
}

const size = (/** @type {Ranges} */ ranges) => ranges.reduce((sum, [start, end]) => sum + end - start, 0);

/** Colony's own code. @param {string} url */
export const isShipped = (url) => /\/packages\/[^/]+\/dist\//.test(url);

export class Coverage {
  #session = new Session();
  #isOurs;
  /** For each function that has run, its parts that never ran. @type {Map<string, Ranges>} */
  #unrun = new Map();

  /** @param {(url: string) => boolean} isOurs selects the code that counts */
  constructor(isOurs) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** @param {string} method @param {object} [parameters] @returns {any} */
  #post(method, parameters) {
    let answer;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }

  /** Discards coverage since the last snapshot. */
  drop() {
    this.#post('Profiler.takePreciseCoverage');
  }

  /** Whether new code has run since the last snapshot. @param {boolean} keep records it as known */
  isNew(keep) {
    /** @type {import('node:inspector').Profiler.TakePreciseCoverageReturnType} */
    const { result } = this.#post('Profiler.takePreciseCoverage');
    let isNew = false;
    for (const { url, scriptId, functions } of result) {
      if (!this.#isOurs(url)) continue;
      for (const covered of functions) {
        if (covered.ranges[0]?.count === 0) continue;
        const key = `${scriptId}:${covered.ranges[0]?.startOffset}`;
        const before = this.#unrun.get(key);
        const now = before === undefined ? unrun(covered) : intersection(before, unrun(covered));
        if (before !== undefined && size(now) === size(before)) continue;
        isNew = true;
        if (keep) this.#unrun.set(key, now);
      }
    }
    return isNew;
  }

  /** Number of functions that have run, and of their characters that never ran. */
  get summary() {
    return {
      functions: this.#unrun.size,
      unrun: [...this.#unrun.values()].reduce((sum, parts) => sum + size(parts), 0),
    };
  }

  end() {
    this.#post('Profiler.stopPreciseCoverage');
    this.#session.disconnect();
  }
}
