/** The nine cells, and the ones that work here. */
export * from './cells.js';
export { absent, present } from './here.js';
