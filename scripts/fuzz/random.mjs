// Random numbers for one part of a run, the same for the same seed. Own code of a few lines, because a number must take
// only some nanoseconds: a reader takes a microsecond, and each of its inputs needs some ten numbers.

/** sfc32, by Chris Doty-Humphrey: https://pracrand.sourceforge.net. */
export class Random {
  #a;
  #b;
  #c = 1;
  #counter = 1;

  /** @param {number} seed @param {number} stream two streams of one seed are independent */
  constructor(seed, stream) {
    this.#a = seed | 0;
    this.#b = stream | 0;
    for (let i = 0; i < 16; i++) this.next();
  }

  /** From 0 to 2^32 - 1. */
  next() {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    return sum >>> 0;
  }

  /** From 0 to n - 1, for n from 1 to 2^32. @param {number} n */
  below(n) {
    return Math.floor((this.next() / 4294967296) * n);
  }

  /** True once in n times. @param {number} n */
  once(n) {
    return this.below(n) === 0;
  }

  /** Returns 1 to `most`, small numbers more often than large ones. @param {number} most */
  few(most) {
    return 1 + this.below(1 + this.below(most));
  }

  /** @template T @param {readonly T[]} list @returns {T} */
  pick(list) {
    return /** @type {T} */ (list[this.below(list.length)]);
  }
}
