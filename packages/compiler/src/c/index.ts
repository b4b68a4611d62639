/** C virtines. */
export { buildJail, findClangToolchain, findCToolchain } from '@colony/guest';
export type { Bindings } from './bindings.js';
export { type CFiles, type CompileCOptions, type CompiledC, compileC, declareC, writeC } from './compile.js';
export { type FatProgram, packFat, readFat } from './fat.js';
export { measureCVirtine } from './measure.js';
export { type CModuleOptions, declarationFile } from './module.js';
export { C_MODULE } from './module-name.js';
export type { CProjectOptions, CSourceOptions, CTarget } from './project.js';
export type { CVirtineReport } from './report.js';
