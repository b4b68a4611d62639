/** The same function natively and in virtines, for packages/bench. */
import { readFileSync } from 'node:fs';
import { virtine } from '@colony/compiler/runtime';
import { marked } from 'marked';

export const args = [readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')] as const;

export const plain = (text: string) => marked.parse(text, { async: false });
export const kvm = virtine((text: string) => marked.parse(text, { async: false }), { backend: 'kvm' });
export const wasm = virtine((text: string) => marked.parse(text, { async: false }), { backend: 'wasm' });

export const sizeOf = (html: string): number => html.length;
