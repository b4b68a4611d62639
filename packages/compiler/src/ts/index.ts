/** TypeScript and JavaScript: functions marked as virtines become programs with the least policy. */
export type { Captured } from './capture.js';
export { Compiler, compileModule, type ModuleInput, type ModuleOutput } from './compiler.js';
export { type CompilerOptions, readCompilerOptions } from './compiler-options.js';
export { directivesIn, refuseUncompiled } from './directive.js';
export type { SnapshotOutput } from './freeze.js';
export { inlineMap, languageOf, toJavaScript } from './javascript.js';
export { DIRECTIVE, mayHoldDirective, RUNTIME } from './mark.js';
export { measureVirtine } from './measure.js';
export type { Place } from './parse.js';
export type { Refusal, Step } from './refuse.js';
