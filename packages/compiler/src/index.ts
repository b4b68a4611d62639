/**
 * The compiler: analyses functions that are marked as virtines, and makes programs with the least policy of them.
 *
 * source <- {refusals, policy} <- {report, lock, runtime} <- {ts, c} <- compiler <- {check, program, plugins, loader}
 */

export { type Checked, checkFiles, type Problem } from './check/check.js';
export type { Compiling } from './check/compiling.js';
export { type Trial, tryFiles } from './check/trial.js';
export { Compiler, compileModule, type ModuleInput, type ModuleOutput } from './compiler/compiler.js';
export { type CompilerOptions, readCompilerOptions } from './compiler/options.js';
export * from './lock/index.js';
export {
  type Measured,
  type MeasureOptions,
  measuredText,
  measureStart,
  type Start,
  type Startable,
} from './measure/measure.js';
export * from './policy/index.js';
export type { ProfiledLimits } from './profile/limits.js';
export { type Needed, PROFILE_FILE, PROFILE_VARIABLE, type Profile, readProfile } from './profile/profile.js';
export { type BuildOptions, type Built, type BuiltFile, buildProgram } from './program/index.js';
export {
  type Instead,
  type RefusalPage,
  type Rule,
  refusalPage,
  refusalPages,
  refusalText,
} from './refusals/index.js';
export { type Refusal, refusalsIn } from './refusals/refusal.js';
export * from './report/index.js';
export type { Captured } from './report/types.js';
export type { Step } from './source/chain.js';
export type { Place } from './source/place.js';
export { inlineMap, languageOf, toJavaScript } from './ts/host/javascript.js';
export { measureVirtine } from './ts/measure/measure.js';
export type { SnapshotOutput } from './ts/snapshots/freeze.js';
export { directivesIn, refuseUncompiled } from './ts/syntax/directive.js';
export { DIRECTIVE, mayHoldDirective, RUNTIME } from './ts/syntax/mark.js';
