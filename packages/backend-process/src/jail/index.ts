/** Jails: child processes that hold nothing but one channel. */
export { launch } from './launch.js';
export { nodeFiles } from './node-files.js';
export { nativeFolder } from './package.js';
export { probe, remedyForFailure } from './probe.js';
export type { JailExit, Jailed, JailSpec } from './types.js';
