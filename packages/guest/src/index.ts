/**
 * What runs inside a Colony context, and how it is built: the C SDK and its runtime, ahead-of-time compiled Wasm, and
 * the builders for each place in which guests run.
 */
export { buildC, type CBuild, type CBuildOptions } from './c/build.js';
export { cached, contentKey, defaultCacheDir } from './cache.js';
export * from './image/elf.js';
export { guestFolder } from './package.js';
export type { NativeTargetName, Target } from './targets.js';
export { buildWasmImage, type WasmImageOptions } from './wasm/image.js';
