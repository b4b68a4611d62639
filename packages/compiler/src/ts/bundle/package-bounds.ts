/**
 * Bounds the files that a package can make the build read: those of packages. A hostile one could otherwise put files
 * of the host (keys, the project's own secrets) into a guest's program, by a path, a link, or its package.json.
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ColonyError } from '@colony/core';
import type { Metafile, Plugin } from 'esbuild';

const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
/** A path, not the name of a package. */
const PATH = /^(?:\.{1,2}(?:[\\/]|$)|[\\/]|file:|[A-Za-z]:[\\/])/;
const UPWARDS_OR_ABSOLUTE = /^[\\/]|^file:|^[A-Za-z]:[\\/]|(?:^|[\\/])\.\.(?:[\\/]|$)/;

/** The folder of the package that holds a file; undefined for the project's own files. */
function packageFolder(file: string): string | undefined {
  return PACKAGE.exec(file)?.[0];
}

const isInside = (file: string, folder: string) => file === folder || file.startsWith(folder + sep);

/** Refuses paths before they are read, because one might be a device. */
export const packageBounds: Plugin = {
  name: 'colony-package-bounds',
  setup(build) {
    build.onResolve({ filter: UPWARDS_OR_ABSOLUTE }, ({ path, importer, resolveDir }) => {
      const own = PATH.test(path) ? packageFolder(importer) : undefined;
      if (own === undefined) return undefined;
      const target = path.startsWith('file:') ? fileURLToPath(path) : resolve(resolveDir, path);
      return packageFolder(target) === undefined ? { errors: [{ text: refusal(own, target) }] } : undefined;
    });
  },
};

const refusal = (from: string, target: string) =>
  `${from} has a file read that lies in no package: ${target}. Import it from the project, and pass it on`;

/**
 * Checks all files that were read, after links and package.json were applied.
 * @throws ColonyError ERR_COMPILE
 */
export function checkPackageBounds({ inputs }: Metafile, root: string): void {
  for (const [name, { imports }] of Object.entries(inputs)) {
    const importer = resolve(root, name);
    for (const { path, original = '', external } of imports) {
      const target = resolve(root, path);
      if (external === true || path.startsWith('(disabled):') || isWithinBounds(importer, original, target)) continue;
      const message = refusal(packageFolder(importer) ?? `'${original}'`, target);
      throw new ColonyError('ERR_COMPILE', message, { details: { path: name } });
    }
  }
}

function isWithinBounds(importer: string, specifier: string, target: string): boolean {
  if (packageFolder(target) !== undefined) return true;
  const isOwn = packageFolder(importer) === undefined;
  if (PATH.test(specifier)) return isOwn;
  // A workspace links packages from elsewhere: their real folder is the bound.
  const linked = linkedFolder(specifier, importer);
  return linked === undefined ? isOwn : isInside(target, linked);
}

/** The real folder of the package of that name, as Node resolves it. */
function linkedFolder(specifier: string, importer: string): string | undefined {
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  for (let at = dirname(importer); ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (name !== '' && existsSync(folder)) return realpathSync(folder);
    if (at === dirname(at)) return undefined;
  }
}
