/**
 * Translates a component's bytes to glue and core modules, once, and keeps them in a folder by content. The folder is in
 * the cache, or is shipped with an application, which then does not need jco.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError } from '@colony/core';
import { cached, contentKey, defaultCacheDir } from '@colony/guest';
import { adaptGlue, type GlueText } from './glue.js';
import { JCO_VERSION, runJco } from './jco.js';

/** Changes with what is in the folders. */
const FORMAT = 'component 1';
const MANIFEST = 'component.json';
const GLUE = 'glue.js';
/** Larger components than any that is known: one with a JavaScript engine in it has 12 MB. */
const MOST_BYTES = 256 * 2 ** 20;

export interface Transpiled {
  readonly glue: GlueText;
  /** By the names that the glue asks for. */
  readonly cores: Readonly<Record<string, Uint8Array>>;
}

/** The bytes of the files, by name: so that a damaged or half-written one is not run. */
type Sums = Readonly<Record<string, string>>;

const sumOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const keyOf = (component: Uint8Array) => contentKey([FORMAT, JCO_VERSION, component]);

export interface TranspileOptions {
  readonly filename: string;
  /** A folder that `buildComponent` filled. */
  readonly prebuilt?: string | undefined;
  /** Default: COLONY_CACHE_DIR, else the user's cache folder. */
  readonly cacheDir?: string | undefined;
  /** Ends the work. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws ColonyError ERR_COMPILE, ERR_BACKEND_UNAVAILABLE */
export async function transpile(component: Uint8Array, options: TranspileOptions): Promise<Transpiled> {
  const { filename, prebuilt, cacheDir = defaultCacheDir(), signal } = options;
  const key = keyOf(component);
  if (prebuilt !== undefined && existsSync(join(prebuilt, key))) return read(join(prebuilt, key));
  const make = () =>
    cached(cacheDir, key, (folder, abandoned) => build(component, filename, folder, abandoned), signal);
  try {
    return await read(await make());
  } catch (error) {
    if (!(error instanceof Damaged)) throw error;
    await rm(join(cacheDir, key), { recursive: true, force: true });
    return read(await make());
  }
}

/**
 * Transpiles a component into a folder for `backendOptions.prebuilt`, which may hold several. Gives the component's own
 * folder in it. @throws ColonyError ERR_COMPILE, ERR_BACKEND_UNAVAILABLE
 */
export async function buildComponent(
  component: Uint8Array,
  folder: string,
  filename = 'component.wasm',
): Promise<string> {
  await mkdir(folder, { recursive: true });
  return cached(folder, keyOf(component), (own, abandoned) => build(component, filename, own, abandoned));
}

async function build(component: Uint8Array, filename: string, folder: string, signal: AbortSignal): Promise<void> {
  if (component.length > MOST_BYTES) {
    throw new ColonyError(
      'ERR_COMPILE',
      `${filename}: a component may have ${MOST_BYTES} bytes, not ${component.length}`,
    );
  }
  const sums: Record<string, string> = {};
  for (const [name, content] of await runJco(component, filename, signal)) {
    const isGlue = name.endsWith('.js');
    const bytes = isGlue ? Buffer.from(adaptGlue(Buffer.from(content).toString())) : content;
    const file = isGlue ? GLUE : name;
    await writeFile(join(folder, file), bytes);
    sums[file] = sumOf(bytes);
  }
  await writeFile(join(folder, MANIFEST), JSON.stringify(sums));
}

class Damaged extends ColonyError {
  constructor(folder: string, cause: unknown) {
    super('ERR_COMPILE', `the transpiled component in ${folder} is damaged: delete it and build it again`, { cause });
  }
}

async function read(folder: string): Promise<Transpiled> {
  try {
    const sums = JSON.parse(await readFile(join(folder, MANIFEST), 'utf8')) as Sums;
    const files = new Map<string, Uint8Array>();
    for (const [name, sum] of Object.entries(sums)) {
      const bytes = await readFile(join(folder, name));
      if (sumOf(bytes) !== sum) throw new Error(`${name} has changed`);
      files.set(name, bytes);
    }
    const glue = Buffer.from(files.get(GLUE)!).toString();
    files.delete(GLUE);
    return { glue, cores: Object.fromEntries(files) };
  } catch (error) {
    throw new Damaged(folder, error);
  }
}
