/** Jails: child processes that hold nothing but one channel. */
export { launch } from './launch.js';
export { type NodeFiles, nodeFiles } from './node-files.js';
export { nativeFolder, packageRoot } from './package.js';
export { type Probe, probe, remedyForFailure } from './probe.js';
export type { JailExit, Jailed, JailLimits, JailSpec } from './types.js';
