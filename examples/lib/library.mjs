/** A C library in virtines: its source from Debian and a C file of the example beside it, compiled to typed bindings. */
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compileC, readFat } from '@colony/compiler/c';
import { cache, debianSource } from './debian.mjs';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {object} Library
 * @property {string} binding the example's own C file, with the virtines; `import.meta.resolve('./zlib.c')`
 * @property {readonly { source: import('./debian.mjs').Source, files: readonly string[], include?: readonly string[] }[]} parts
 *   C files of the library that can be reached, and folders for `-I`, in the source's folder
 * @property {readonly string[]} [flags]
 * @property {readonly import('@colony/compiler/c').CTarget[]} [targets]
 */

/** Files and flags, for Colony's compiler as for any other. @param {Library} library */
export async function filesOf({ binding, parts, flags = [] }) {
  const placed = await Promise.all(parts.map(async (part) => ({ ...part, folder: await debianSource(part.source) })));
  return {
    files: placed.flatMap(({ folder, files }) => files.map((file) => join(folder, file))),
    flags: [
      ...placed.flatMap(({ folder, include = ['.'] }) => include.map((path) => `-I${join(folder, path)}`)),
      ...flags,
    ],
    binding: fileURLToPath(binding),
  };
}

/** The compiler's result: reports, programs, and the text of the bindings. @param {Library} library */
async function compile(library) {
  const { binding, files, flags } = await filesOf(library);
  const { targets = ['virtine', 'wasm32', 'process'] } = library;
  return compileC({ root: repository, files: [binding, ...files], flags, out: outOf(binding), targets });
}

/** @param {string} binding */
const outOf = (binding) => join(cache, 'examples', relative(join(repository, 'examples'), join(binding, '..')));

/** The bindings: a function for each virtine. @param {Library} library @returns {Promise<any>} */
export const load = async (library) => import(pathToFileURL(await built(library, 'js')).href);

/** The programs and policies, for contexts of one's own. @param {Library} library */
export const programs = async (library) => readFat(await readFile(await built(library, 'colony')));

/** Builds a library and returns the result's path. The compiler reuses an earlier result. @param {Library} library @param {string} extension */
async function built(library, extension) {
  const binding = fileURLToPath(library.binding);
  await compile(library);
  return join(outOf(binding), `${basename(binding, '.c')}.${extension}`);
}
