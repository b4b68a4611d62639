import type { PreparedComponent } from '../components/program.js';
import type { PreparedJs } from '../engine/js-guest.js';
import type { PreparedC } from '../modules/c-module.js';
import type { PreparedWasm } from '../modules/core-module.js';

/** A program that any thread can run: structured-clonable, and V8 shares compiled modules between threads. */
export type PreparedProgram = PreparedJs | PreparedWasm | PreparedC | PreparedComponent;
