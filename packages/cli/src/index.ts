/** The `colony` command as a function: `main(process.argv)` returns the exit status. */
export { EXIT } from './exit.js';
export { main } from './program.js';
