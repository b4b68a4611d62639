// Made by Colony from png.c: an edit would be lost.
/* eslint-disable */
import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';
/** Backend, host functions and a narrower policy for the contexts; before the first call. */
export declare const configure: (options: CBindingOptions) => void;
/** Ends the contexts. */
export declare const dispose: () => Promise<void>;
export interface picture {
/**
 * LodePNG's error code, or 0.
 */
  readonly error: number;
  readonly width: number;
  readonly height: number;
}
/**
 * Pixels of a PNG: red, green, blue and alpha, a byte each.
 * @param room bytes that they may have
 */
export declare const decode: CVirtine<(file: Uint8Array | readonly number[], room: number | bigint) => { result: picture; pixels: Uint8Array }>;
/**
 * A PNG of pixels.
 * @param interlaced in seven passes, coarse ones first
 * @returns LodePNG's error code, or 0
 */
export declare const encode: CVirtine<(pixels: Uint8Array | readonly number[], width: number, height: number, interlaced: boolean, room: number | bigint) => { result: number; file: Uint8Array }>;
