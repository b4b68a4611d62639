/** The nine cells, and which of them work here. */
export * from './cells.js';
export { absent, present } from './here.js';
