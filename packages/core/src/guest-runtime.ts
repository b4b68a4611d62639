/** The guest's JavaScript runtime. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

function bundle(name: string): string {
  const built = fileURLToPath(new URL(`./guest/${name}`, import.meta.url));
  // Tests run from the sources; the bundle is still in dist.
  return existsSync(built) ? built : fileURLToPath(new URL(`../dist/guest/${name}`, import.meta.url));
}

/** Path of the bundled classic script. Evaluate it once after providing `__embedder` (see contracts.md). */
export const guestRuntimePath: string = bundle('runtime.js');

/** Path of the script that a Node runs to serve the calls of a program. Its argument is the path of the runtime. */
export const nodeGuestPath: string = bundle('node.cjs');

/** File name for evaluating the runtime. */
export const GUEST_RUNTIME_FILENAME = 'colony:runtime';

export function guestRuntimeSource(): string {
  return readFileSync(guestRuntimePath, 'utf8');
}
