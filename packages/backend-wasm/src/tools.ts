/** What the command line offers for components. */
export { declarations } from './components/declarations.js';
export { buildComponent } from './components/transpile.js';
