/**
 * How decoding pauses and goes on. A container that is to pause leaves what is to be done later, and so does each
 * container around it. Decoding goes on with the innermost one, whose value the next takes.
 */

/** Decodes the rest of a container. Takes the value that it waits for; gives its own, unless `isPaused` then. */
export type Continuation = (value: unknown) => unknown;

/** How much is decoded before there is a pause. The item that goes beyond is decoded to its end. */
export interface Step {
  /** Bytes of the message. */
  readonly bytes: number;
  /** Bytes of memory that is charged. */
  readonly cost: number;
}

/** Some 3 ms of work, whichever of the two it is. */
export const STEP: Step = { bytes: 32768, cost: 2097152 };

/** Bytes. A longer string is decoded in parts of so many, where decoding may pause. */
export const LONG_TEXT = 262144;

/**
 * The position after which a container pauses before its next item: the end of a message that is decoded in one go. Not
 * infinity: comparing two small integers takes half the time.
 */
export let pauseAt = 0;
/**
 * True where the value just asked for is not decoded to its end. A flag, not a value of its own: comparing each value
 * with that would take a sixth of the time of a list of numbers.
 */
export let isPaused = false;
/** What is to be done later, the innermost first. */
let unfinished: Continuation[] = [];

/** Gives a value that means nothing: `isPaused` from here on. */
export function later(rest: Continuation): undefined {
  unfinished.push(rest);
  isPaused = true;
}

/** A message of `bytes` is about to be decoded. What another one that failed left is forgotten. */
export function startInOneGo(bytes: number): void {
  pauseAt = bytes;
  if (isPaused) takeUnfinished();
}

export function setPauseAt(position: number): void {
  pauseAt = position;
}

/** @returns what was left to be done. Nothing is paused any more. */
export function takeUnfinished(): Continuation[] {
  const taken = unfinished;
  unfinished = [];
  isPaused = false;
  return taken;
}

/** Does what was left, and leaves the rest where it pauses again. */
export function goOn(pending: readonly Continuation[]): unknown {
  let value: unknown;
  for (let i = 0; i < pending.length; i++) {
    value = pending[i]!(value);
    if (!isPaused) continue;
    unfinished.push(...pending.slice(i + 1));
    return undefined;
  }
  return value;
}
