/** Where the files are that a build put beside its output. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ShippedSnapshot } from '@colony/core';
import type { VirtineDescriptor } from './types.js';

/**
 * Beside the module that has the virtine, or in the folder above, as bundlers put their chunks into one; beside the
 * program that was started, where a bundler has changed what a module knows of its place. A file of another content is
 * none, wherever it is: its hash is in the descriptor.
 */
export function shippedOf({ shipped = [], base }: VirtineDescriptor): readonly ShippedSnapshot[] {
  if (shipped.length === 0) return [];
  const own = base?.startsWith('file:') ? [dirname(fileURLToPath(base))] : [];
  const started = process.argv[1] === undefined ? [] : [dirname(process.argv[1])];
  const folders = [...own, ...own.map((folder) => dirname(folder)), ...started];
  return shipped.map(({ file, ...state }) => {
    const places = folders.map((folder) => join(folder, file));
    return { ...state, file: places.find((place) => existsSync(place)) ?? places[0] ?? file };
  });
}
