// Made by Colony from header.c: an edit would be lost.
/* eslint-disable */
import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';
/** Backend, host functions and a narrower policy for the contexts; before the first call. */
export declare const configure: (options: CBindingOptions) => void;
/** Ends the contexts. */
export declare const dispose: () => Promise<void>;
export interface header {
/**
 * Whether there was a whole header.
 */
  readonly whole: boolean;
/**
 * When the file was last changed, in seconds since 1970.
 */
  readonly changed: number;
/**
 * Bytes of the extra field; at most 64 of them are read.
 */
  readonly extra: number;
}
/**
 * The header of a gzip file that arrives in pieces.
 * @param piece bytes in each
 */
export declare const look: CVirtine<(file: Uint8Array | readonly number[], piece: number) => header>;
