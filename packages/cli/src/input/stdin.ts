/** `-` stands for standard input, as text or as a file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { UsageError } from '../failure.js';

export const STDIN = '-';

let reader: string | undefined;

/** @throws UsageError for the second reader, because standard input can be read only once */
export async function readStdin(what: string): Promise<Buffer> {
  if (reader !== undefined) throw new UsageError(`${what}: standard input is read for ${reader} already`);
  reader = what;
  return await buffer(process.stdin);
}

/**
 * Reads the bytes of a file, or of standard input. Without a file, standard input is read unless it is a terminal or was
 * read for something else.
 */
export async function readInput(file: string | undefined, what: string): Promise<Buffer | undefined> {
  if (file === STDIN) return await readStdin(what);
  if (file !== undefined) return await readFile(file);
  return process.stdin.isTTY || reader !== undefined ? undefined : await readStdin(what);
}

/** Reads the text of a file, or of standard input. */
export async function readText(file: string, what: string): Promise<string> {
  return file === STDIN ? (await readStdin(what)).toString('utf8') : await readFile(file, 'utf8');
}

/** Writes these bytes to a file that exists until the process ends, because compilers and loaders need a path. */
export function fileWith(bytes: Uint8Array, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'colony-stdin-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return file;
}
