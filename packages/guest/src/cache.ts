/** Caches build results by the hash of all their inputs. Entries are folders, complete or absent. */
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, lstatSync, mkdirSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ColonyError } from '@colony/core';
import { joinShared, type SharedWork } from '@colony/core/backend-kit';
import { folderBeside, forgetFolder, pathBeside, removeFolder } from './ending/index.js';

const chosen = new Map<string, string>();

/**
 * Returns the folder that keeps images between processes: COLONY_CACHE_DIR, else the user's cache folder. If that
 * cannot be written, a private folder of this user among the temporary files.
 * @throws ColonyError ERR_BAD_OPTION if no folder can be written; the message names COLONY_CACHE_DIR.
 */
export function defaultCacheDir(): string {
  const { COLONY_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  if (COLONY_CACHE_DIR !== undefined && COLONY_CACHE_DIR !== '') {
    const problem = problemOf(COLONY_CACHE_DIR);
    if (problem === undefined) return COLONY_CACHE_DIR;
    throw noCache(`COLONY_CACHE_DIR is ${COLONY_CACHE_DIR}, which cannot be written (${problem})`);
  }
  const own = join(XDG_CACHE_HOME || join(homeOf(), '.cache'), 'colony');
  const known = chosen.get(own);
  if (known !== undefined && existsSync(known)) return known;
  const problem = problemOf(own);
  const folder = problem === undefined ? own : temporaryCache(problem);
  chosen.set(own, folder);
  return folder;
}

/** A user without an entry in the user database and without HOME has no home. */
function homeOf(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}

/** Creates the folder if it is missing. Returns the reason if it cannot be written. */
function problemOf(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/**
 * Files of a cache are executed, and others can write to the folder of temporary files. So the cache folder in it must
 * belong to this user and be closed to others. A link, or a folder that another user made first, is refused.
 */
function temporaryCache(problem: string): string {
  const user = process.getuid?.() ?? 'user';
  const folder = join(tmpdir(), `colony-cache-${user}`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const stats = lstatSync(folder);
    const isPrivate = process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o077) === 0);
    if (!stats.isDirectory() || !isPrivate) throw new Error(`${folder} is not a folder that only this user can use`);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch (error) {
    throw noCache(`the cache cannot be written (${problem}; ${(error as Error).message})`);
  }
}

function noCache(message: string): ColonyError {
  const text = `${message}. Set COLONY_CACHE_DIR to a folder that this user can write and others cannot`;
  return new ColonyError('ERR_BAD_OPTION', text, { details: { path: 'COLONY_CACHE_DIR' } });
}

/** SHA-256 over the parts, each with its length, so that different lists never give the same bytes. */
export function contentKey(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest('hex');
}

/** Writes a file so that it is either complete or absent. */
export async function writeWhole(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const aside = pathBeside(path);
  await writeFile(aside, content);
  await rename(aside, path);
}

type Build = (folder: string, signal: AbortSignal) => Promise<void>;

const building = new Map<string, SharedWork<void>>();

/**
 * Returns the folder of this key, and lets `build` fill it if it is missing. Several processes may do so at once: each
 * builds in its own folder, and the first to finish wins. The signal of `build` is aborted when all who wait for the
 * folder have aborted.
 * @throws ColonyError ERR_ABORTED as soon as the signal is aborted; else the error of `build`
 */
export async function cached(cacheDir: string, key: string, build: Build, signal?: AbortSignal): Promise<string> {
  const folder = join(cacheDir, key);
  if (existsSync(folder)) return folder;
  await joinShared(building, folder, (abandoned) => buildAside(folder, build, abandoned), signal);
  // From here on the folder itself shows that it was built.
  building.delete(folder);
  return folder;
}

async function buildAside(folder: string, build: Build, signal: AbortSignal): Promise<void> {
  const aside = folderBeside(folder);
  try {
    await build(aside, signal);
    await rename(aside, folder);
    forgetFolder(aside);
  } catch (error) {
    await removeFolder(aside);
    if (!existsSync(folder)) throw error;
  }
}
