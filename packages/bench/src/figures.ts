/** What a reader of reports needs: the names of subjects and what they stand for, and the random numbers of a seed. */
export { randomSource } from './stats.js';
export { ENVIRONMENTS, subjectOf, WORKS, type Work } from './suites/boot/environment-names.js';
export { STEPS } from './suites/boot/steps.js';
export { phaseSubject, STACKS, type Stack } from './suites/phases/formulas.js';
