/** May /dev/kvm be used here, and if not, why not and what to do. */
export { readFacts } from './facts.js';
export { deviceProblem, machineProblem } from './remedy.js';
