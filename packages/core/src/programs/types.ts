/** Programs: immutable, content-addressed. */
import type { ResolvedProgram } from '../backend.js';

// biome-ignore lint/suspicious/noExplicitAny: what a program exports is only known where the user says it
export type AnyExports = Record<string, (...args: any[]) => any>;

/** What is to run. `Exports` is a type only: what `call` takes and gives. */
export interface Program<Exports = AnyExports> {
  readonly kind: ResolvedProgram['kind'];
  readonly filename: string;
  /** SHA-256, hex, over all that it consists of. */
  readonly hash: string;
  readonly resolved: ResolvedProgram;
  /** Never there; carries the type. */
  readonly __exports?: Exports;
}
