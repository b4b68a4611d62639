/** Finds the snapshot files that a build wrote beside its output. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ShippedSnapshot } from '@colony/core';
import type { VirtineDescriptor } from './types.js';

/**
 * Looks beside the module that has the virtine, and in the folder above, because bundlers put chunks into a folder.
 * Then looks beside the program that was started, because a bundler may have changed a module's own URL. The hash in
 * the descriptor protects against a file with other content.
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
