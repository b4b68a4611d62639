/**
 * Pauses and resumes decoding. When decoding pauses, a container leaves its remaining work as a continuation, and so
 * does each container around it. Decoding resumes with the innermost one; its value goes to the next.
 */

/**
 * Decodes the rest of a container. Takes the value that the container waits for. Returns the container's own value,
 * unless `isPaused` is then set.
 */
export type Continuation = (value: unknown) => unknown;

/** The amount that is decoded before a pause. The item that exceeds it is decoded to its end. */
export interface Step {
  /** Bytes of the message. */
  readonly bytes: number;
  /** Bytes of charged memory. */
  readonly cost: number;
}

/** About 3 ms of work, for either of the two. */
export const STEP: Step = { bytes: 32768, cost: 2097152 };

/** Bytes. If decoding may pause, a longer string is decoded in parts of this size. */
export const LONG_TEXT = 262144;

/**
 * The position after which a container pauses before its next item. It is the end of the message if that is decoded in
 * one go. It is not infinity, because comparing two small integers takes half the time.
 */
export let pauseAt = 0;
/**
 * True if the last requested value is incomplete. It is a flag and not a special value: comparing each value with that
 * would take a sixth of the time for a list of numbers.
 */
export let isPaused = false;
/** The remaining work, innermost first. */
let unfinished: Continuation[] = [];

/** Records remaining work and sets `isPaused`. The returned value means nothing. */
export function later(rest: Continuation): undefined {
  unfinished.push(rest);
  isPaused = true;
}

/** Starts a message of `bytes` bytes. Forgets the remaining work of another message that failed. */
export function startInOneGo(bytes: number): void {
  pauseAt = bytes;
  if (isPaused) takeUnfinished();
}

export function setPauseAt(position: number): void {
  pauseAt = position;
}

/**
 * Ends the pause.
 * @returns the remaining work
 */
export function takeUnfinished(): Continuation[] {
  const taken = unfinished;
  unfinished = [];
  isPaused = false;
  return taken;
}

/** Resumes the remaining work, and records the rest if it pauses again. */
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
