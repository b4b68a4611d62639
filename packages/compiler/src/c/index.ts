/** C virtines. */
export { type Bindings, bindingsFor } from './bindings.js';
export { type CompileCOptions, type CompiledC, type CTarget, compileC } from './compile.js';
export { type FatProgram, packFat, readFat } from './fat.js';
export type { CFunctionPart, CPart, CSizes, CVirtineReport } from './report.js';
