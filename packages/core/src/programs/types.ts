/** Programs: immutable, content-addressed. */
import type { ResolvedProgram } from '../backend.js';

// biome-ignore lint/suspicious/noExplicitAny: only the types of a user describe the exports
export type AnyExports = Record<string, (...args: any[]) => any>;

/** A program to run. `Exports` is only a type: the arguments and results of `call`. */
export interface Program<Exports = AnyExports> {
  readonly kind: ResolvedProgram['kind'];
  readonly filename: string;
  /** SHA-256, in hex, of all its content. */
  readonly hash: string;
  readonly resolved: ResolvedProgram;
  /** Never present; carries the type. */
  readonly __exports?: Exports;
}

/**
 * The type of an exported function with several forms. TypeScript infers only the last signature of an overloaded
 * function, so the forms are also a list.
 */
export interface Overloaded<Forms extends readonly AnyExports[string][]> {
  /** Never present; carries the type. */
  readonly __forms: Forms;
}
