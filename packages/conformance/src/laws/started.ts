/** A guest that has begun, without a guess at how long a busy machine takes for it: it asks the host once, then loops. */
import type { Tools } from '../law.js';
import { granted } from '../programs/index.js';

/** `started` resolves when `begin` was called, by a host function, and what that returned has left. */
export function newStarted(): { readonly started: Promise<void>; readonly begin: () => void } {
  let begin = () => {};
  const started = new Promise<void>((resolve) => {
    begin = () => void setImmediate(resolve);
  });
  return { started, begin };
}

/** A context, and when its function `askHostThenLoop` has started. */
export async function startingContext(t: Tools) {
  const { started, begin } = newStarted();
  const ask = () => {
    begin();
    return 1;
  };
  return { context: await t.context(granted({ 'host.ask': ask })), started };
}
