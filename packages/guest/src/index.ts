/**
 * What runs inside a Colony context, and how it is built: the C SDK and its runtime, ahead-of-time compiled Wasm, and
 * the builders for each place in which guests run.
 */

export { buildC, type CBuild, type CBuildOptions, toolsFor } from './c/build.js';
export { PROGRAM_FLAGS } from './c/builder.js';
export { type ClangToolchain, findClangToolchain } from './c/clang-toolchain.js';
export { onPath } from './c/kept-tools.js';
export { type CToolchain, findCToolchain } from './c/toolchain.js';
export { cached, contentKey, defaultCacheDir, writeWhole } from './cache.js';
export * from './image/elf.js';
export { guestFolder } from './package.js';
export { stampsOf } from './stamps.js';
export type { NativeTargetName, Target } from './targets.js';
export { execute } from './toolchain.js';
export { buildWasmImage } from './wasm/image.js';
export type { WasmImageOptions } from './wasm/options.js';
