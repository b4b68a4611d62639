#!/usr/bin/env node
// Prepares the JavaScript engine, quickjs-ng from npm's quickjs-wasi, into dist/engine. Run tsc before.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { prepareEngine } from '../dist/engine/build.js';
import { engineFiles } from '../dist/engine/load.js';

const wasm = createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm');
const { bytes, facts } = prepareEngine(readFileSync(wasm));
mkdirSync(dirname(engineFiles.module), { recursive: true });
writeFileSync(engineFiles.module, bytes);
writeFileSync(engineFiles.facts, JSON.stringify(facts));
console.log(`quickjs.wasm: ${Math.round(bytes.length / 1024)} KiB`);
