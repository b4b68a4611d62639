/** What is begun on the channel must be finished: no stack overflow may come between a message and its answer. */

/** Frames that the deepest path through Node's file system calls stays far below. */
const FRAMES = 200;

function descend(left: number): number {
  return left === 0 ? 0 : 1 + descend(left - 1);
}

/** @throws RangeError where less stack is left than talking to the host takes. */
export function headroom(): void {
  descend(FRAMES);
}
