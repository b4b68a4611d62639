/** The suite that every Colony backend passes. */
export { type Breakage, breakages } from './broken/index.js';
export { type ConformanceOptions, conformance, type Runner, type SkipContext } from './conformance.js';
export { assertClean, errorOf, eventually, fails, outcome, sleep } from './expect.js';
export {
  assertHostUnchanged,
  childProcesses,
  descriptorCount,
  type HostState,
  hostState,
  openDescriptors,
} from './host.js';
export { runScenario, type ScenarioHost, type ScenarioReport, scenarioReport } from './hostile/runner.js';
export type { Scenario } from './hostile/scenario.js';
export { hostile } from './hostile/scenarios.js';
export type { Facts, Law, Natives, Theme, Tools } from './law.js';
export { laws } from './laws/index.js';
export { granted, suiteProgram, suiteProgramOf } from './programs/index.js';
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
