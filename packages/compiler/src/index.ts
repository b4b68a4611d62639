/** Contexts synthesized by analysis. */
export * from './lock/index.js';
export * from './policy/index.js';
export * from './report/index.js';
export * from './ts/index.js';
