/**
 * The code inside a Colony context, and its builders: the C SDK and its runtime, ahead-of-time compiled Wasm, and a
 * builder for each target.
 */

export { buildC, type CBuild, type CBuildOptions, toolsFor } from './c/build.js';
export { PROGRAM_FLAGS } from './c/builder.js';
export { type ClangToolchain, findClangToolchain } from './c/clang-toolchain.js';
export { compilerFlags } from './c/flags.js';
export { type Compilation, checkBeforehand, readsOf, type Sources } from './c/inputs.js';
export { type CToolchain, findCToolchain } from './c/toolchain.js';
export { cached, contentKey, defaultCacheDir, writeWhole } from './cache.js';
export {
  endWithThread,
  isAbandoned,
  owner,
  removeFolder,
  removeWithThread,
  temporaryFolder,
} from './ending/index.js';
export * from './image/elf.js';
export { type HypercallSite, type ImageLinks, type ImageReference, readLinks } from './image/links.js';
export { guestFolder, linuxImagePath } from './package.js';
export { stampsOf } from './stamps.js';
export type { NativeTargetName, Target } from './targets.js';
export { execute } from './toolchain.js';
export { type BuildJail, buildJail, findBubblewrap } from './tools/jail.js';
export { onPath } from './tools/on-path.js';
export { type Output, runTool, type ToolRun } from './tools/run.js';
export { runScript } from './tools/script.js';
export { buildWasmImage } from './wasm/image.js';
export type { WasmImageOptions } from './wasm/options.js';
