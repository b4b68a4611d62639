/** Functions for the commands of the CLI about components. */
export { declarations } from './components/declarations.js';
export { buildComponent } from './components/transpile.js';
