/** Built things by the hash of all that went into them. Entries are folders, complete or absent. */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where images are kept between processes: COLONY_CACHE_DIR, else the user's cache folder. */
export function defaultCacheDir(): string {
  const { COLONY_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  return COLONY_CACHE_DIR ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'colony');
}

/** SHA-256 over the parts, each with its length, so that no two lists give the same bytes. */
export function contentKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

/** A file that is there whole or not at all. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${randomUUID()}`;
  await writeFile(aside, content);
  await rename(aside, path);
}

const building = new Map<string, Promise<void>>();

/**
 * The folder of this key; where there is none, `build` fills one. Several processes may do so at once: each builds
 * aside, and the first to finish wins.
 */
export async function cached(cacheDir: string, key: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheDir, key);
  if (existsSync(folder)) return folder;
  const running = building.get(folder) ?? buildAside(folder, build).finally(() => building.delete(folder));
  building.set(folder, running);
  await running;
  return folder;
}

async function buildAside(folder: string, build: (folder: string) => Promise<void>): Promise<void> {
  const aside = `${folder}.${randomUUID()}`;
  await mkdir(aside, { recursive: true });
  try {
    await build(aside);
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}
