/** What a program may ask of its host, each with the calls that lead there. */
import type { Step } from '../ts/refuse.js';

type Json = string | number | boolean | null;

/** A hypercall's argument: all that it can be, where that is known at build time, or anything. */
export type KnownArgument = { readonly values: readonly Json[] } | 'any';

export type Wish =
  | { readonly kind: 'console' | 'clock' | 'random' }
  /** No `args`: the function is handed on as a value, or called with a spread. */
  | { readonly kind: 'hypercall'; readonly name: string; readonly args?: readonly KnownArgument[] }
  /** No `methods`: any. */
  | { readonly kind: 'fetch'; readonly origin: string; readonly methods?: readonly string[] }
  | { readonly kind: 'env'; readonly name: string }
  | { readonly kind: 'fs.read' | 'fs.write'; readonly path: string }
  /** What it asks for is only known when it runs. */
  | { readonly kind: 'unknown'; readonly of: 'hypercall' | 'fetch' | 'env' | 'fs.read' | 'fs.write' };

export interface Need {
  readonly wish: Wish;
  /** What stands in the source: `Date.now`, `host.lookup`. */
  readonly what: string;
  /** From the virtine to the place where it is asked. */
  readonly chain: readonly Step[];
  /** The same from where the program starts, if initialisation may come there. */
  readonly initially?: readonly Step[];
}

/** Name of the policy's section or grant: `clock`, `hypercalls.lookup`, `fs.read`. */
export function grantOf(wish: Wish): string {
  switch (wish.kind) {
    case 'hypercall':
      return `hypercalls.${wish.name}`;
    case 'unknown':
      return wish.of === 'hypercall' ? 'hypercalls' : wish.of;
    default:
      return wish.kind;
  }
}
