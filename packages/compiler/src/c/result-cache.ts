/**
 * Whole results of compileC, kept between processes: what was compiled from the same sources by the same tools is read
 * and not analysed again. An entry is found by what was asked for, and holds while every file that was read is the
 * same.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import { native } from '@colony/core';
import { contentKey, findClangToolchain, guestFolder, onPath, stampsOf, toolsFor, writeWhole } from '@colony/guest';
import type { CompiledC } from './compile.js';
import { readFat } from './output/fat.js';
import type { CProject } from './source/project.js';

/** A result with bytes for programs. */
interface Content extends Omit<CompiledC, 'program' | 'general'> {
  readonly program: Uint8Array;
  readonly general: Readonly<Record<string, Uint8Array>>;
}

interface Entry {
  /** Path and SHA-256 of all that was read. */
  readonly inputs: readonly (readonly [string, string])[];
  readonly content: Content;
}

export class ResultCache {
  private constructor(private readonly path: string) {}

  /**
   * Opens the cache of a project whose files are known, before any of them is read.
   * @throws ColonyError ERR_COMPILE if a compiler is missing.
   */
  static async of(project: CProject, files: readonly string[]): Promise<ResultCache> {
    const targets = [...new Set(['virtine' as const, ...project.targets])].sort();
    const [tools, clang, own] = await Promise.all([toolsFor(targets), findClangToolchain(), ownCode()]);
    const asked = JSON.stringify([project.root, files, targets, project.flags, project.cacheDir]);
    const key = contentKey([asked, tools, clang.id, own, stampsOf(onPath('objdump')), process.version]);
    return new ResultCache(join(project.cacheDir, 'c-results', key));
  }

  /** Returns `undefined` if the entry is missing or damaged, or if one of its inputs has changed. */
  async read(): Promise<CompiledC | undefined> {
    try {
      const bytes = await readFile(this.path);
      const body = bytes.subarray(DIGEST);
      if (!sha256(body).equals(bytes.subarray(0, DIGEST))) return undefined;
      const { inputs, content } = deserialize(body) as Entry;
      const same = await Promise.all(inputs.map(async ([path, hash]) => (await hashOf(path)) === hash));
      return same.every(Boolean) ? compiledFrom(content) : undefined;
    } catch {
      return undefined;
    }
  }

  /** `read`: absolute paths of all files that it was made from, including headers of the C library. */
  async write(compiled: CompiledC, general: Content['general'], read: readonly string[]): Promise<void> {
    const paths = [...new Set(read)].sort();
    const inputs = await Promise.all(paths.map(async (path) => [path, await hashOf(path)] as const));
    const content: Content = { ...compiled, program: compiled.program.bytes, general };
    const body = serialize({ inputs, content } satisfies Entry);
    await writeWhole(this.path, Buffer.concat([sha256(body), body]));
  }
}

const DIGEST = 32;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hashOf = async (path: string) => sha256(await readFile(path)).toString('hex');

function compiledFrom({ program, general, ...rest }: Content): CompiledC {
  const programs = Object.entries(general).map(([name, virtine]) => [name, generalOf(name, virtine)] as const);
  return { ...rest, program: readFat(new Uint8Array(program)), general: Object.fromEntries(programs) };
}

export const generalOf = (name: string, virtine: Uint8Array) =>
  native.fat({ virtine: new Uint8Array(virtine) }, `${name}.general.colony`);

let code: Promise<string> | undefined;

/** The hash of the code that a result depends on: the compiler's own, and the guest package's, which reads images. */
function ownCode(): Promise<string> {
  code ??= Promise.all([fileURLToPath(new URL('..', import.meta.url)), join(guestFolder, 'dist')].map(codeIn)).then(
    (parts) => contentKey(parts.flat()),
  );
  return code;
}

async function codeIn(folder: string): Promise<(string | Uint8Array)[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && /(?<!\.d)\.[jt]s$/.test(entry.name))
    .map((entry) => resolve(entry.parentPath, entry.name))
    .sort();
  const contents = await Promise.all(paths.map((path) => readFile(path)));
  return paths.flatMap((path, i) => [path.slice(folder.length), contents[i]!]);
}
