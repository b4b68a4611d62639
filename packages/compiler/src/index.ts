/** Contexts synthesized by analysis. */
export * from './policy/index.js';
export * from './report/index.js';
export * from './ts/index.js';
