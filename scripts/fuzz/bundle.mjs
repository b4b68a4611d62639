// Readers are TypeScript beside the code that they test. They import it as tests do, by `../src` or `../dist`, and the
// bundle contains the shipped code.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { root } from '../lib/run.mjs';

/** @typedef {{ name: string, package: string, file: string }} ReaderFile */

/** Readers by file: `packages/core/fuzz/codec.ts` is `codec`. @returns {ReaderFile[]} */
export function readerFiles() {
  const packages = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'fuzz')),
  );
  return packages.flatMap((name) =>
    readdirSync(join(root, 'packages', name, 'fuzz'))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => ({ name: file.slice(0, -3), package: name, file: join(root, 'packages', name, 'fuzz', file) })),
  );
}

const OWN_CODE = /^(.*\/packages\/[^/]+)\/(?:src|dist)\/(.*)\.js$/;

/** @type {import('esbuild').Plugin} */
const shipped = {
  name: 'shipped',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const absolute = resolve(resolveDir, path);
      const [, folder, rest] = OWN_CODE.exec(absolute) ?? [];
      if (folder !== undefined) return { path: `${folder}/dist/${rest}.js`, external: true };
      return absolute.endsWith('.mjs') ? { path: absolute, external: true } : undefined;
    });
  },
};

/** Makes modules that Node runs. @param {readonly ReaderFile[]} files @returns {Promise<ReadonlyMap<string, string>>} paths by name */
export async function bundle(files) {
  // In the package's own folder, because imports by name are resolved from there.
  const paths = files.map(({ name, package: folder }) => join(root, 'packages', folder, '.cache/fuzz', `${name}.mjs`));
  for (const [index, { file }] of files.entries()) {
    await build({
      entryPoints: [file],
      outfile: /** @type {string} */ (paths[index]),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      packages: 'external',
      sourcemap: 'inline',
      plugins: [shipped],
      logLevel: 'error',
    });
  }
  return new Map(files.map(({ name }, index) => [name, /** @type {string} */ (paths[index])]));
}
