/**
 * Runs wabt's wasm2c (JavaScript, compiled by Emscripten) with a larger stack: it walks nested blocks recursively,
 * and an interpreter's switch has hundreds, for which the 64 KiB that it was linked with are not enough.
 *
 *     node wasm2c-main.js MODULE.wasm -n NAME -o NAME.c
 */
import { readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';

interface CommonJsModule {
  filename: string;
  paths: string[];
  _compile(source: string, filename: string): void;
}

/** Far above what wasm2c's heap, which grows from below, ever needs for a module that Colony takes. */
const EXTRA_PAGES = 8192;
const PLACE = 'var entryFunction=_main;';
const MOVE_STACK = `wasmMemory.grow(${EXTRA_PAGES});updateMemoryViews();__emscripten_stack_alloc(__emscripten_stack_alloc(0)-HEAPU8.length+64);`;

const file = createRequire(import.meta.url).resolve('wabt/bin/wasm2c');
const source = readFileSync(file, 'utf8').replace(/^#!.*/, '');
if (!source.includes(PLACE))
  throw new Error('this wabt is not the version that Colony was written for (see package.json)');
const program = new (Module as unknown as new (id: string) => CommonJsModule)(file);
program.filename = file;
program.paths = [];
program._compile(source.replace(PLACE, MOVE_STACK + PLACE), file);
