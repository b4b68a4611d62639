// Made by Colony from zlib.c: an edit would be lost.
/* eslint-disable */
import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';
/** Backend, host functions and a narrower policy for the contexts; before the first call. */
export declare const configure: (options: CBindingOptions) => void;
/** Ends the contexts. */
export declare const dispose: () => Promise<void>;
export declare const status: { readonly DONE: 0; readonly CORRUPT: -3; readonly OUT_OF_MEMORY: -4; readonly OUT_OF_ROOM: -5 };
export type status = number;
/**
 * Compresses.
 * @param room bytes that the result may have; deflate needs 0.1% and 12 bytes more than data that cannot be compressed
 * @param level 0 (only stored) to 9 (smallest)
 */
export declare const pack: CVirtine<(data: Uint8Array | readonly number[], level: number, room: number | bigint) => { result: status; to: Uint8Array }>;
/**
 * The inverse of pack.
 * @param room bytes that the result may have: a bomb ends as OUT_OF_ROOM
 */
export declare const unpack: CVirtine<(data: Uint8Array | readonly number[], room: number | bigint) => { result: status; to: Uint8Array }>;
