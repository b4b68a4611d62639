/** How a worker finds packages. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * Options of Node for a worker. A worker takes none from its program, for they are not made for it. Under Yarn's
 * Plug'n'Play there is no node_modules, and a worker finds this package's dependencies through Yarn's hooks only.
 * @param pnp `process.versions.pnp`
 * @param resolve finds a module's file
 */
export function workerOptions(
  pnp: string | undefined = process.versions.pnp,
  resolve: (name: string) => string = createRequire(import.meta.url).resolve,
): string[] {
  if (pnp === undefined) return [];
  const map = resolve('pnpapi');
  const loader = join(dirname(map), '.pnp.loader.mjs');
  const hooks = existsSync(loader) ? ['--experimental-loader', pathToFileURL(loader).href] : [];
  // Node warns of loaders; the program's own start has said so already.
  return ['--no-warnings', '--require', map, ...hooks];
}
