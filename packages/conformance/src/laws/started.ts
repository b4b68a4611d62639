/**
 * Detects that a guest has begun, without a guess at the time that a busy machine needs: the guest calls the host once,
 * then loops.
 */
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';

/** A host function calls `begin`. `started` resolves after that host function has returned and its result was sent. */
export function newStarted(): { readonly started: Promise<void>; readonly begin: () => void } {
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = () => void setImmediate(resolve);
  });
  return { started, begin };
}

/** A context, and a promise for the start of its function `askHostThenLoop`. */
export async function startingContext(t: Tools) {
  const { started, begin } = newStarted();
  const ask = () => {
    begin();
    return 1;
  };
  return { context: await t.context(granted({ 'host.ask': ask })), started };
}
