/** Contexts synthesized by analysis. */
export {};
