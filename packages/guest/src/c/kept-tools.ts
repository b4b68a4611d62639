/**
 * Keeps the result of the search for compilers between processes: asking all of them takes a quarter of a second. The
 * result is valid while no file that could change the search has changed, appeared or disappeared.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey, defaultCacheDir, writeWhole } from '../cache.js';
import { stampsOf } from '../stamps.js';

export interface Looked<T> {
  readonly tools: T;
  /** Paths that the search itself found. */
  readonly seen: readonly string[];
}

interface Kept {
  readonly witnesses: readonly string[];
  readonly stamps: string;
  readonly tools: unknown;
}

/**
 * @param question the tool to find, and the settings that name it
 * @param witnesses files that decide the search, whether or not they exist
 */
export async function keptTools<T>(
  question: readonly (string | undefined)[],
  look: () => Promise<Looked<T>>,
  witnesses: readonly string[],
): Promise<T> {
  const key = contentKey([JSON.stringify([question, process.env.PATH, process.cwd()])]);
  const path = join(defaultCacheDir(), 'tools', `${key}.json`);
  const kept = await readKept(path);
  if (kept !== undefined) return kept.tools as T;
  // Taken before the search, so that a change during it is seen the next time.
  const before = stampsOf(witnesses);
  const { tools, seen } = await look();
  const all: Kept = { witnesses: [...witnesses, ...seen], stamps: `${before} ${stampsOf(seen)}`, tools };
  // If the cache cannot be written, the next process searches again.
  await writeWhole(path, JSON.stringify(all)).catch(() => undefined);
  return tools;
}

async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Kept;
    return stampsOf(kept.witnesses) === kept.stamps ? kept : undefined;
  } catch {
    return undefined; // missing or damaged
  }
}
