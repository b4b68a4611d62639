/** `node --import @colony/compiler/register app.ts`: files with virtines are compiled when they are loaded. */
import { register } from 'node:module';

// Stacks then name the lines that were written.
process.setSourceMapsEnabled(true);
register('./hooks.js', import.meta.url, { data: { root: process.cwd() } });
