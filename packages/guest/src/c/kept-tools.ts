/**
 * What was found of compilers on this machine, kept between processes: to ask them all costs a quarter of a second.
 * It holds as long as no file has changed, come or gone that could make the search end otherwise.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { contentKey, defaultCacheDir, writeWhole } from '../cache.js';
import { stampsOf } from '../stamps.js';

export interface Looked<T> {
  readonly tools: T;
  /** Paths that the search itself found out. */
  readonly seen: readonly string[];
}

interface Kept {
  readonly witnesses: readonly string[];
  readonly stamps: string;
  readonly tools: unknown;
}

/**
 * @param question what is looked for, and what says so
 * @param witnesses files that decide the search, there or not
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
  // From before the search: a change during it is seen the next time.
  const before = stampsOf(witnesses);
  const { tools, seen } = await look();
  const all: Kept = { witnesses: [...witnesses, ...seen], stamps: `${before} ${stampsOf(seen)}`, tools };
  // A cache that cannot be written is none: it is looked for again.
  await writeWhole(path, JSON.stringify(all)).catch(() => undefined);
  return tools;
}

async function readKept(path: string): Promise<Kept | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, 'utf8')) as Kept;
    return stampsOf(kept.witnesses) === kept.stamps ? kept : undefined;
  } catch {
    return undefined; // not there, or damaged
  }
}
