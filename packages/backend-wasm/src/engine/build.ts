/** Prepares quickjs-ng when the package is built. */
import { type Rewritten, rewrite } from '../prepare/rewrite.js';

/** @param module quickjs.wasm of npm's quickjs-wasi */
export function prepareEngine(module: Uint8Array): Rewritten {
  return rewrite(module, { track: true });
}
