// The native addon in the tarball: stripped, reproducible anywhere, and compatible with old systems.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../lib/run.mjs';

const execute = promisify(execFile);
const kvm = join(root, 'packages/backend-kvm');

/** Its path in the package. node-gyp-build reads the tags: Node-API, so any Node, Bun and Deno; and only glibc. */
export const PREBUILT = 'native/prebuilds/linux-x64/colony_kvm.napi.glibc.node';
/** The output of a checkout's build. */
export const BUILT = join(kvm, 'native/build/Release/colony_kvm.node');
/** The newest library versions that it may require; Debian 12 and Ubuntu 22.04 provide them. */
const FLOORS = { GLIBC: '2.34', GLIBCXX: '3.4.30', CXXABI: '1.3.13' };

/** @param {string} addon @param {string} to */
export async function strip(addon, to) {
  await mkdir(dirname(to), { recursive: true });
  await execute('strip', ['--strip-all', '-o', to, addon]);
}

/** @param {string} a @param {string} b */
const newer = (a, b) => a.localeCompare(b, 'en', { numeric: true }) > 0;

/** Versions of system libraries above the floor. @param {string} file @returns {Promise<string[]>} */
export async function aboveFloors(file) {
  const { stdout } = await execute('objdump', ['-T', file], { maxBuffer: 1 << 26 });
  const asked = [...stdout.matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_(\d[\d.]*)/g)];
  const above = asked.filter(([, library, version]) =>
    newer(/** @type {string} */ (version), FLOORS[/** @type {keyof typeof FLOORS} */ (library)]),
  );
  return [...new Set(above.map(([symbol]) => symbol))];
}

/** This Node's own headers, if they are installed with it. Otherwise node-gyp would download them. */
function headersHere() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

/** Builds the addon from a copy of its sources. @param {string} folder @returns {Promise<Buffer>} the stripped file */
async function buildIn(folder) {
  const native = join(folder, 'native');
  await cp(join(kvm, 'native'), native, {
    recursive: true,
    filter: (from) => !/\/native\/(build|prebuilds|tests|fuzz)$/.test(from),
  });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const nodeGyp = createRequire(join(kvm, 'package.json')).resolve('node-gyp/bin/node-gyp.js');
  const options = ['-C', native, '--loglevel=warn', '-j', '2', ...headersHere()];
  await execute(process.execPath, [nodeGyp, 'rebuild', ...options], { maxBuffer: 1 << 26 });
  const stripped = join(folder, 'stripped.node');
  await strip(join(native, 'build/Release/colony_kvm.node'), stripped);
  return await readFile(stripped);
}

/**
 * Builds the addon twice, in folders of different names and depths.
 * @param {string} to path of the resulting file
 * @throws Error if the bytes differ
 */
export async function buildReproducibly(to) {
  const folder = await mkdtemp(join(tmpdir(), 'colony-addon-'));
  try {
    const places = [join(folder, 'a'), join(folder, 'another/deeper/place')];
    /** @type {Buffer[]} */
    const built = [];
    for (const place of places) {
      await mkdir(place, { recursive: true });
      built.push(await buildIn(place));
    }
    if (!built[0]?.equals(/** @type {Buffer} */ (built[1])))
      throw new Error('two builds of the addon in two folders differ: something in its build depends on the folder');
    await mkdir(dirname(to), { recursive: true });
    await cp(join(/** @type {string} */ (places[0]), 'stripped.node'), to);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
