#!/usr/bin/env node
// Builds the JavaScript engine's virtine image into dist/guest/engine.elf. The first run takes half a minute of gcc;
// later ones find what did not change in .cache. Run `npm run build` (core and guest, then this package) before.
import { execFileSync } from 'node:child_process';
import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildEngineImage } from '../dist/engine.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(root, 'dist/guest/engine.elf');
const started = performance.now();
try {
  const image = await buildEngineImage(join(root, '.cache'));
  mkdirSync(dirname(target), { recursive: true });
  // An engine's fault is reported with its address, which the image in .cache explains.
  execFileSync('strip', ['--strip-all', '-o', target, image]);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`engine.elf: ${Math.round(statSync(target).size / 1024)} KiB in ${seconds} s`);
} catch (error) {
  console.error(error.code === undefined ? error : `${error.code}: ${error.message}`);
  process.exitCode = 1;
}
