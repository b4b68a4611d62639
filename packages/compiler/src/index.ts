/** Contexts synthesized by analysis. */

export { type Checked, checkFiles, type Problem } from './check/check.js';
export { type Trial, tryFiles } from './check/compile.js';
export type { Compiling } from './check/compiling.js';
export * from './lock/index.js';
export {
  type Measured,
  type MeasureOptions,
  measuredText,
  measureStart,
  type Start,
  type Startable,
} from './measure.js';
export * from './policy/index.js';
export {
  type Needed,
  PROFILE_FILE,
  PROFILE_VARIABLE,
  type Profile,
  type ProfiledLimits,
  readProfile,
} from './profile.js';
export { type BuildOptions, type Built, type BuiltFile, buildProgram } from './program/index.js';
export {
  type Instead,
  type RefusalPage,
  type Rule,
  refusalPage,
  refusalPages,
  refusalText,
} from './refusals/index.js';
export * from './report/index.js';
export * from './ts/index.js';
