/**
 * Patterns in policies meet strings that a guest chose, so they are matched without backtracking: an automaton is in a
 * set of states, and each character of the string is looked at once (Thompson, 1968). What one character matches is
 * left to the engine's own `RegExp`, so that a pattern means what it means in JavaScript.
 */
import { type Pattern, parsePattern, Refusal } from './pattern-syntax.js';

export const MAX_SUBJECT = 256;
/** Characters. */
const MAX_PATTERN = 1000;
/** A match takes at most a step for each state and character: some 150,000, or a millisecond. */
const MAX_STATES = 600;
const MAX_COUNT = 1000;

/** Compiles a pattern for the whole string; gives the reason where it is refused. */
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
  /** Index among the tests; -1 where it passes without one. */
  readonly test: number;
  readonly takesCharacter: boolean;
  next: readonly number[];
  /** Where to go on without the character, which may then be missing; -1 where it may not. */
  readonly without: number;
}

export class LinearPattern {
  readonly #states: State[] = [];
  /** One for each source of a character or an assertion, sticky. */
  readonly #tests: RegExp[] = [];
  readonly #known = new Map<string, number>();
  readonly #start: number;
  /** By state and by test: where in the string it was last entered or asked. Scratch of `test`, as is all below. */
  readonly #entered: Int32Array;
  readonly #asked: Int32Array;
  readonly #waiting: Int32Array;
  /** Each state is entered once a character, so that all that they lead to fits. */
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

  /** Whether the whole text matches; no text of more than `MAX_SUBJECT` characters does. */
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

  /** Puts what follows the waiting states that take the character on the stack. Gives how many they are. */
  #take(waiting: number, text: string, at: number): number {
    let size = 0;
    for (let i = 0; i < waiting; i++) {
      const { test, next } = this.#states[this.#waiting[i]!]!;
      if (test !== -1 && this.#passes(test, text, at)) this.#stack[size++] = next[0]!;
    }
    return size;
  }

  /** Notes the states that wait for a character, from those on the stack and where they lead to without one. */
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

  /** Adds the states of a pattern that goes on with `next`. Gives the one to start with. */
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

  /** Repetitions that take no character add nothing, so no text needs more than one for each of its characters. */
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
    // One state instead of two: counts of one character are what patterns have most of.
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
