// Packs the public packages as tarballs. Each is packed from a copy. The copy's manifest lacks what only a checkout
// needs, and its scope may be replaced.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../lib/run.mjs';
import { PREBUILT, strip } from './addon.mjs';

const execute = promisify(execFile);
export const SCOPE = '@colony';
const TEXT = /\.(js|cjs|mjs|ts|md|json|html|c|h)$/;

/** @typedef {{ name: string, version: string, filename: string, files: { path: string, size: number }[], size: number, unpackedSize: number, integrity: string }} Packed */

/** Folders of the packages that are published. @returns {Promise<string[]>} */
async function publicPackages() {
  const all = await readdir(join(root, 'packages'));
  const manifests = await Promise.all(
    all.map(async (name) => JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8'))),
  );
  return all.filter((_, index) => !manifests[index].private);
}

/** @param {string[]} args @returns {Promise<Packed[]>} */
async function npmPack(args) {
  const command = ['pack', '--json', '--ignore-scripts', ...args];
  const { stdout } = await execute('npm', command, { cwd: root, maxBuffer: 1 << 26 });
  return Object.values(JSON.parse(stdout));
}

/** @param {string} text @param {string} scope */
const rescoped = (text, scope) => (scope === SCOPE ? text : text.replaceAll(`${SCOPE}/`, `${scope}/`));

/** @param {string} text @param {string} scope */
function publishedManifest(text, scope) {
  const { scripts: _scripts, devDependencies: _dev, ...kept } = JSON.parse(rescoped(text, scope));
  return `${JSON.stringify(kept, null, 2)}\n`;
}

/** Source maps are left out, because the sources are. @param {string} text */
const unmapped = (text) => text.replace(/^\/\/# sourceMappingURL=\S+\.map\s*$/m, '');

/** @param {string} folder @param {Packed} listed @param {string} into @param {string} scope */
async function copyPackage(folder, listed, into, scope) {
  for (const { path } of listed.files) {
    if (path.endsWith('.map')) continue;
    const from = join(folder, path);
    const to = join(into, path);
    await mkdir(dirname(to), { recursive: true });
    if (path === 'package.json') await writeFile(to, publishedManifest(await readFile(from, 'utf8'), scope));
    else if (TEXT.test(path)) await writeFile(to, unmapped(rescoped(await readFile(from, 'utf8'), scope)));
    else await copyFile(from, to);
  }
}

/**
 * @param {string} into an existing folder
 * @param {{ scope?: string, addon: string }} options `addon` is the file of the native addon, stripped or not
 * @returns {Promise<Packed[]>} in the order of the packages' folders
 */
export async function packAll(into, { scope = SCOPE, addon }) {
  const names = await publicPackages();
  const folders = names.map((name) => join(root, 'packages', name));
  const listed = await npmPack(['--dry-run', ...folders]);
  const stage = await mkdtemp(join(tmpdir(), 'colony-stage-'));
  try {
    for (const [index, name] of names.entries()) {
      const own = listed.find((candidate) => candidate.name === `${SCOPE}/${name}`);
      if (own === undefined) throw new Error(`npm pack lists no files of ${name}`);
      await copyPackage(/** @type {string} */ (folders[index]), own, join(stage, name), scope);
    }
    await strip(addon, join(stage, 'backend-kvm', PREBUILT));
    return await npmPack(['--pack-destination', into, ...names.map((name) => join(stage, name))]);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}
