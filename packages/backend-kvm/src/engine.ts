/** The JavaScript engine's image: quickjs-ng from npm's quickjs-wasi, our glue, and core's guest runtime. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { guestRuntimePath } from '@colony/core/guest-runtime';
import { buildWasmImage } from '@colony/guest';
import { packageRoot } from './native.js';

/** Holds what QuickJS's own limit (JS_STACK_SIZE in engine.c) lets JavaScript recurse to; tested there. */
const STACK_SIZE = 8 << 20;

const GLUE = [
  'engine.c',
  'direct.c',
  'embedder.c',
  'imports.c',
  'modules.c',
  'plain_read.c',
  'plain_write.c',
  'values.c',
  'runtime-blob.S',
].map((name) => join(packageRoot, 'guest', 'engine', name));

/** @returns the path of the image in the cache. */
export async function buildEngineImage(cacheDir?: string): Promise<string> {
  const wasm = createRequire(import.meta.url).resolve('quickjs-wasi/quickjs.wasm');
  return buildWasmImage({
    module: await readFile(wasm),
    name: 'engine',
    stackSize: STACK_SIZE,
    glue: GLUE,
    defines: { COLONY_RUNTIME_JS: `file:${guestRuntimePath}` },
    ...(cacheDir === undefined ? {} : { cacheDir }),
  });
}
