/**
 * Matches patterns of policies without backtracking, because a guest chooses the strings. An automaton is in a set of
 * states and reads each character of the string once (Thompson, 1968). The engine's own `RegExp` matches the single
 * characters, so a pattern means the same as in JavaScript.
 */
import { type Pattern, parsePattern, Refusal } from './pattern-syntax.js';

export const MAX_SUBJECT = 256;
/** Most characters of a pattern. */
const MAX_PATTERN = 1000;
/** A match takes at most one step for each state and character: about 150,000 steps, or a millisecond. */
const MAX_STATES = 600;
const MAX_COUNT = 1000;

/** Compiles a pattern for the whole string. Returns the reason if it is refused. */
export function compilePattern(source: string): LinearPattern | string {
  if (source.length > MAX_PATTERN) return `more than ${MAX_PATTERN} characters`;
  try {
    new RegExp(source, 'u');
    return new LinearPattern(parsePattern(source));
  } catch (error) {
    if (error instanceof Refusal || error instanceof SyntaxError) return error.message;
    throw error;
  }
}

interface State {
  /** Index of the test, or -1 if the state passes without one. */
  readonly test: number;
  readonly takesCharacter: boolean;
  next: readonly number[];
  /** The next state if the character is missing, or -1 if it is required. */
  readonly without: number;
}

export class LinearPattern {
  readonly #states: State[] = [];
  /** One sticky expression for each source of a character or an assertion. */
  readonly #tests: RegExp[] = [];
  readonly #known = new Map<string, number>();
  readonly #start: number;
  /**
   * Last position in the string, by state and by test, at which it was entered or tested. This and all below is scratch
   * memory of `test`.
   */
  readonly #entered: Int32Array;
  readonly #asked: Int32Array;
  readonly #waiting: Int32Array;
  /** Large enough for all successors, because each state is entered once per character. */
  readonly #stack: Int32Array;
  readonly #answers: Uint8Array;

  constructor(pattern: Pattern) {
    this.#start = this.#add(pattern, this.#push(-1, true, []));
    this.#entered = new Int32Array(this.#states.length);
    this.#waiting = new Int32Array(this.#states.length);
    this.#stack = new Int32Array(this.#states.reduce((sum, { next }) => sum + next.length + 2, 1));
    this.#asked = new Int32Array(this.#tests.length);
    this.#answers = new Uint8Array(this.#tests.length);
  }

  /** Returns whether the whole text matches. A text of more than `MAX_SUBJECT` characters never does. */
  test(text: string): boolean {
    if (text.length > MAX_SUBJECT) return false;
    this.#entered.fill(-1);
    this.#asked.fill(-1);
    this.#stack[0] = this.#start;
    let waiting = this.#enter(1, text, 0);
    for (let at = 0; at < text.length && waiting > 0; ) {
      const after = at + (text.codePointAt(at)! > 0xffff ? 2 : 1);
      waiting = this.#enter(this.#take(waiting, text, at), text, after);
      at = after;
    }
    return this.#entered[END] === text.length;
  }

  /** Pushes the successors of waiting states that accept the character. Returns their number. */
  #take(waiting: number, text: string, at: number): number {
    let size = 0;
    for (let i = 0; i < waiting; i++) {
      const { test, next } = this.#states[this.#waiting[i]!]!;
      if (test !== -1 && this.#passes(test, text, at)) this.#stack[size++] = next[0]!;
    }
    return size;
  }

  /** Follows the states on the stack without a character, and records those that wait for one. Returns their number. */
  #enter(size: number, text: string, at: number): number {
    let waiting = 0;
    while (size > 0) {
      const index = this.#stack[--size]!;
      if (this.#entered[index] === at) continue;
      this.#entered[index] = at;
      const { test, takesCharacter, next, without } = this.#states[index]!;
      if (without !== -1) this.#stack[size++] = without;
      if (takesCharacter) this.#waiting[waiting++] = index;
      else if (test === -1 || this.#passes(test, text, at))
        for (let i = 0; i < next.length; i++) this.#stack[size++] = next[i]!;
    }
    return waiting;
  }

  #passes(test: number, text: string, at: number): boolean {
    if (this.#asked[test] !== at) {
      this.#asked[test] = at;
      const expression = this.#tests[test]!;
      expression.lastIndex = at;
      this.#answers[test] = expression.test(text) ? 1 : 0;
    }
    return this.#answers[test] === 1;
  }

  #push(test: number, takesCharacter: boolean, next: readonly number[], without = -1): number {
    if (this.#states.length === MAX_STATES) throw new Refusal('too many repetitions');
    return this.#states.push({ test, takesCharacter, next, without }) - 1;
  }

  /** Adds the states of a pattern that continues with `next`. Returns the first one. */
  #add(pattern: Pattern, next: number): number {
    switch (pattern.kind) {
      case 'sequence':
        return pattern.parts.reduceRight((after, part) => this.#add(part, after), next);
      case 'alternatives':
        return this.#push(
          -1,
          false,
          pattern.parts.map((part) => this.#add(part, next)),
        );
      case 'repetition':
        return this.#repeat(pattern.part, pattern.min, pattern.max, next);
      default:
        return this.#push(this.#testOf(pattern.source), pattern.kind === 'character', [next]);
    }
  }

  /** A repetition that consumes no character adds nothing, so a text needs at most one for each of its characters. */
  #repeat(part: Pattern, min: number, max: number, next: number): number {
    if (min > MAX_COUNT || (max > MAX_COUNT && max !== Number.POSITIVE_INFINITY))
      throw new Refusal(`a count above ${MAX_COUNT}`);
    let first = next;
    if (max > MAX_SUBJECT) {
      first = this.#push(-1, false, []);
      this.#states[first]!.next = [this.#add(part, first), next];
    } else {
      for (let count = min; count < max; count++) first = this.#optional(part, first, next);
    }
    for (let count = 0; count < Math.min(min, MAX_SUBJECT + 1); count++) first = this.#add(part, first);
    return first;
  }

  #optional(part: Pattern, after: number, without: number): number {
    // One state instead of two, because counted single characters are the most common repetitions.
    if (part.kind === 'character') return this.#push(this.#testOf(part.source), true, [after], without);
    return this.#push(-1, false, [this.#add(part, after), without]);
  }

  #testOf(source: string): number {
    const known = this.#known.get(source);
    if (known !== undefined) return known;
    const index = this.#tests.push(new RegExp(source, 'uy')) - 1;
    this.#known.set(source, index);
    return index;
  }
}

/** The state that is made first. */
const END = 0;
