// Made by Colony from markdown.c: an edit would be lost.
/* eslint-disable */
import type { CBindingOptions, CVirtine } from '@colony/compiler/c/runtime';
/** Backend, host functions and a narrower policy for the contexts; before the first call. */
export declare const configure: (options: CBindingOptions) => void;
/** Ends the contexts. */
export declare const dispose: () => Promise<void>;
/**
 * HTML of Markdown as GitHub writes it, with tables and crossed-out words. HTML in the text stays text.
 */
export declare const render: CVirtine<(markdown: string) => string | null>;
