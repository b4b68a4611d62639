// Reads every import of the packages with dependency-cruiser. Type-only imports count, because a type is a dependency
// as much as a function is.
import { posix } from 'node:path';
import { cruise } from 'dependency-cruiser';

const NOT_OURS = '(^|/)(node_modules|dist|build|fixtures)/';

/**
 * @typedef {object} Place
 * @property {string} folder the package's folder: `core`
 * @property {'src' | 'rest'} area
 * @property {string} [room] the first folder below src, or a loose file's name: `codec`, `errors`
 *
 * @typedef {object} Import
 * @property {string} file `packages/core/src/wire/codec/encode.ts`
 * @property {string} specifier as written
 * @property {string} [target] the file that a relative specifier names, without its extension
 * @property {Place} from
 * @property {boolean} dynamic
 * @property {boolean} typeOnly
 */

/** @param {string} path */
export const withoutExtension = (path) => path.replace(/\.[mc]?[jt]s$/, '');

/** @param {string} path `packages/core/src/x.ts` @returns {Place} */
export function placeOf(path) {
  const [, folder = '', area, room] = path.split('/');
  return area === 'src' ? { folder, area, room: withoutExtension(room ?? '') } : { folder, area: 'rest' };
}

/** @param {string} root @returns {Promise<{ files: number, imports: Import[] }>} */
export async function readImports(root) {
  const { output } = await cruise(
    ['packages'],
    {
      baseDir: root,
      // Uses the imports as written, not as resolved, so that the check works before a build.
      doNotFollow: { path: NOT_OURS },
      tsPreCompilationDeps: true,
      parser: 'tsc',
    },
    { extensions: ['.ts', '.mts', '.js', '.mjs'] },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser gave a report, not a graph');
  const modules = output.modules.filter(
    ({ source }) => source.startsWith('packages/') && !new RegExp(NOT_OURS).test(source),
  );
  const imports = modules.flatMap(({ source, dependencies }) =>
    dependencies.map((dependency) => importOf(source, dependency)),
  );
  return { files: modules.length, imports };
}

/** @param {string} file @param {import('dependency-cruiser').IDependency} dependency @returns {Import} */
function importOf(file, { module: specifier, dynamic, dependencyTypes }) {
  const typeOnly = dependencyTypes.includes('type-only');
  const read = { file, specifier, from: placeOf(file), dynamic, typeOnly };
  // As written, not as resolved: the compiler reports missing files.
  return specifier.startsWith('.')
    ? { ...read, target: withoutExtension(posix.join(posix.dirname(file), specifier)) }
    : read;
}
