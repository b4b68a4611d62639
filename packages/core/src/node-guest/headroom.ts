/** Makes sure that an exchange on the channel can finish: no stack overflow may come between a message and its answer. */

/** Far more frames than the deepest path through Node's file system calls. */
const FRAMES = 200;

function descend(left: number): number {
  return left === 0 ? 0 : 1 + descend(left - 1);
}

/** @throws RangeError if less stack is left than an exchange with the host takes */
export function headroom(): void {
  descend(FRAMES);
}
