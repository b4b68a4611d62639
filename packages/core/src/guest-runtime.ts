/** The guest's JavaScript runtime, for backends that run quickjs-ng. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of the bundled classic script. Evaluate it once after providing `__embedder` (see contracts.md). */
export const guestRuntimePath: string = (() => {
  const built = fileURLToPath(new URL('./guest/runtime.js', import.meta.url));
  // Tests run from the sources; the bundle is still in dist.
  return existsSync(built) ? built : fileURLToPath(new URL('../dist/guest/runtime.js', import.meta.url));
})();

/** File name for evaluating the runtime. */
export const GUEST_RUNTIME_FILENAME = 'colony:runtime';

export function guestRuntimeSource(): string {
  return readFileSync(guestRuntimePath, 'utf8');
}
