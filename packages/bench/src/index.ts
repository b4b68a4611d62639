/** Colony's benchmark harness: suites as data, trials in processes of their own, reports as JSON, text and a page. */
export { main } from './cli.js';
export { type Comparison, compare } from './compare.js';
export { type Facts, machineFacts } from './facts.js';
export { makeReport, type Report, type Row, type SummaryRow, type TargetRow } from './report/index.js';
export { measure, type RunOptions } from './run.js';
export { findSuite, suiteNames } from './suites/index.js';
export { printable } from './tables/text.js';
export { Interrupted } from './trials.js';
export type { Group, Sampler, Spec, Suite, Target, TrialSamples } from './types.js';
