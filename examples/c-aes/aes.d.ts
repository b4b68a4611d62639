// Made by Colony from aes.c: an edit would be lost.
/* eslint-disable */
import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';
/** Backend, host functions and a narrower policy for the contexts; before the first call. */
export declare const configure: (options: CBindingOptions) => void;
/** Ends the contexts. */
export declare const dispose: () => Promise<void>;
/**
 * AES-CTR: encrypts, and decrypts what it encrypted.
 * @param key 16, 24 or 32 bytes
 * @param counter 16 bytes, which no two messages under a key may share; its last bytes count up
 */
export declare const aes_ctr: CVirtine<(key: Uint8Array | readonly number[], counter: Uint8Array | readonly number[], data: Uint8Array | readonly number[]) => { data: Uint8Array }>;
