/** The suite that every Colony backend passes. */

export { catches } from './broken/catches.js';
export { type Breakage, breakages } from './broken/index.js';
export {
  brokenBackends,
  type ConformanceOptions,
  type CreateBackend,
  conformance,
  type Runner,
  type SkipContext,
  type SuiteOptions,
} from './conformance.js';
export {
  type DifferentialKind,
  type DifferentialOptions,
  type DifferentialReport,
  differential,
} from './differential/index.js';
export { assertClean, errorOf, eventually, fails, outcome, sleep } from './expect.js';
export {
  assertHostUnchanged,
  childProcesses,
  cpuTimeOfHost,
  descriptorCount,
  type HostState,
  hostState,
  openDescriptors,
} from './host.js';
export { runScenario, type ScenarioHost, type ScenarioReport, scenarioReport } from './hostile/runner.js';
export { objection, type Scenario } from './hostile/scenario.js';
export { hostile } from './hostile/scenarios.js';
export { type Facts, type Law, type Natives, THEMES, type Theme, type Tools } from './law.js';
export { laws } from './laws/index.js';
export { granted, suiteProgram, suiteProgramOf } from './programs/index.js';
export { assemble } from './programs/wat.js';
export {
  type LawResult,
  type OpenSubject,
  openSubject,
  type RunOptions,
  runLaw,
  runLaws,
  type Subject,
} from './run.js';
export { readSettings, type Settings } from './settings.js';
export { withoutCapabilities, wrapBackend } from './wrap.js';
