// The required and forbidden contents of a tarball.
/** @typedef {import('./pack.mjs').Packed} Packed */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { PREBUILT } from './addon.mjs';

/**
 * Files that no tarball may hold. npm and yarn run node-gyp for a binding.gyp beside package.json, so it must be
 * elsewhere.
 */
const UNWANTED = /(^|\/)(node_modules|test|\.cache|\.turbo|build)\/|\.(tsbuildinfo|map)$|(^|\/)\.env|^binding\.gyp$/;

/**
 * Files that some must hold as well: executables, the sources of the addon, and notices about bundled code.
 * @type {Record<string, string[]>}
 */
const ALSO = {
  'backend-kvm': ['NOTICE', 'native/binding.gyp', 'native/addon/addon.cc', 'dist/guest/engine.elf', PREBUILT],
  'backend-process': ['NOTICE', 'dist/native/jail'],
  'backend-wasm': ['NOTICE', 'dist/engine/quickjs.wasm'],
  bench: ['native/floor.c', 'programs/null.c'],
  cli: ['bin/colony.js'],
  guest: [
    'NOTICE',
    'dist/native/ending.node',
    'include/colony/virtine.h',
    'runtime/serve.c',
    'boot/virtine/link.ld',
    'wasm/wasm-rt.c',
    'probes/basic.c',
  ],
};

/** @param {Packed} packed @returns {string[]} its problems */
export function problemsOf({ name, files }) {
  const paths = files.map((file) => file.path);
  const wanted = ['package.json', 'LICENSE', 'README.md', 'dist/index.js', 'dist/index.d.ts'];
  const also = ALSO[name.replace(/^.*\//, '')] ?? [];
  return [
    ...paths.filter((path) => UNWANTED.test(path)).map((path) => `${name} ships ${path}`),
    ...[...wanted, ...also].filter((path) => !paths.includes(path)).map((path) => `${name} lacks ${path}`),
  ];
}

/** The manifest inside a tarball. @param {string} file @returns {Promise<any>} */
export async function manifestOf(file) {
  const tar = gunzipSync(await readFile(file));
  for (let at = 0; at + 512 <= tar.length; ) {
    const name = tar.toString('utf8', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(tar.toString('utf8', at + 124, at + 136), 8) || 0;
    if (name === 'package/package.json') return JSON.parse(tar.toString('utf8', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${file} holds no package.json`);
}

/**
 * A package of this project may name another one only as an optional peer. Then no package manager asks a registry for
 * it, because on the public registry these names belong to others.
 * @param {any} manifest @param {string} scope @returns {string[]} the problems
 */
export function dependencyProblems(manifest, scope) {
  const ours = (/** @type {Record<string, string> | undefined} */ names) =>
    Object.keys(names ?? {}).filter((name) => name.startsWith(`${scope}/`));
  const fetched = [...ours(manifest.dependencies), ...ours(manifest.optionalDependencies)];
  const demanded = ours(manifest.peerDependencies).filter((name) => !manifest.peerDependenciesMeta?.[name]?.optional);
  const scripts = ['preinstall', 'install', 'postinstall', 'prepare'].filter((name) => manifest.scripts?.[name]);
  return [
    ...[...fetched, ...demanded].map((name) => `${manifest.name} would have ${name} fetched from a registry`),
    ...scripts.map((name) => `${manifest.name} has the install script ${name}`),
  ];
}
