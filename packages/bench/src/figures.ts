/** Exports for readers of reports: the names and meanings of subjects, and seeded random numbers. */
export { randomSource } from './stats.js';
export { ENVIRONMENTS, subjectOf, WORKS, type Work } from './suites/boot/environment-names.js';
export { STEPS } from './suites/boot/steps.js';
export { phaseSubject, STACKS, type Stack } from './suites/phases/formulas.js';
