#!/usr/bin/env node
// Builds this package: TypeScript, the native addon, the JavaScript engine's image. Each step skips
// what is up to date.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSteps } from '../../../scripts/lib/build-step.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);

const run = buildSteps('@colony/backend-kvm', root);
const node = (what, script, ...args) => run(what, process.execPath, [script, ...args]);
const nodeGyp = require.resolve('node-gyp/bin/node-gyp.js');

/** The native sources, by their paths. */
const sources = () =>
  readdirSync(join(root, 'native'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.cc') && !path.startsWith('build/'))
    .sort();

/** The Makefile names this folder and Node's headers by relative paths, and each source: it is made again for other ones. */
function configure() {
  const file = join(root, 'native/build/configured-for');
  const inputs = `${root} ${process.execPath} ${process.version}\n${sources().join('\n')}\n`;
  if (existsSync(file) && readFileSync(file, 'utf8') === inputs) return;
  node('configuring the native addon', nodeGyp, 'clean', 'configure', '-C', 'native', '--loglevel=warn');
  writeFileSync(file, inputs);
}

node('compiling TypeScript', require.resolve('typescript/bin/tsc'), '-p', '.');
configure();
node('building the native addon', nodeGyp, 'build', '-C', 'native', '--loglevel=warn', '-j', '2');
node('building the JavaScript engine', join(root, 'scripts/build-engine.mjs'));
