/** A C library in virtines: its source from Debian and a C file of the example beside it, compiled to typed bindings. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
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
      ...placed.flatMap(({ folder, include = ['.'] }) => include.map((each) => `-I${join(folder, each)}`)),
      ...flags,
    ],
    binding: fileURLToPath(binding),
  };
}

/** The compiler's result: reports, programs, and the text of the bindings. @param {Library} library */
export async function compile(library) {
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

/** Where what was built lies; it is built again where something changed. @param {Library} library @param {string} extension */
async function built(library, extension) {
  const binding = fileURLToPath(library.binding);
  const stamp = join(outOf(binding), 'made-from');
  const key = await keyOf(library, binding);
  if ((await readFile(stamp, 'utf8').catch(() => '')) !== key) {
    await compile(library);
    await writeFile(stamp, key);
  }
  return join(outOf(binding), `${basename(binding, '.c')}.${extension}`);
}

/** Folders of the compiler and of what it links into every image. */
const TOOLS = ['compiler/dist/c', 'guest/dist/c', 'guest/include/colony', 'guest/runtime', 'guest/boot'];

/** Changes when another build could come out. @param {Library} library @param {string} binding */
async function keyOf(library, binding) {
  const hash = createHash('sha256').update(JSON.stringify([library, process.env.CC ?? '']));
  const folders = TOOLS.map((name) => join(repository, 'packages', name));
  const names = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true, withFileTypes: true })));
  const files = names.flat().filter((entry) => entry.isFile() && /\.(js|c|h|S|ld)$/.test(entry.name));
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).sort();
  for (const content of await Promise.all([binding, ...paths].map((path) => readFile(path)))) hash.update(content);
  return hash.digest('hex');
}
