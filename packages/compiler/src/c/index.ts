/** C virtines. */
export { buildJail, findClangToolchain, findCToolchain } from '@colony/guest';
export { type CFiles, type CompileCOptions, type CompiledC, compileC, declareC, writeC } from './compile.js';
export type { CVirtineReport } from './image/report.js';
export { measureCVirtine } from './measure.js';
export { type CModuleOptions, declarationFile } from './module.js';
export type { Bindings } from './output/bindings.js';
export { type FatProgram, packFat, readFat } from './output/fat.js';
export { C_MODULE } from './source/module-name.js';
export type { CProjectOptions, CSourceOptions, CTarget } from './source/project.js';
