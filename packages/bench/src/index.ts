/** Colony's benchmark harness: suites as data, trials in processes of their own, reports as JSON. */
export { measure } from './cli.js';
export { type Facts, machineFacts } from './facts.js';
export { makeReport, type Report, type Row, type SummaryRow, type TargetRow } from './report.js';
export { findSuite, suiteNames } from './suites/index.js';
export { printable } from './table.js';
export type { Group, Sampler, Spec, Suite, Target, TrialSamples } from './types.js';
