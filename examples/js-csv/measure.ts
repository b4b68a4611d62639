/** The same function natively and in virtines, for packages/bench. */
import { virtine } from '@colony/compiler/runtime';
import { parse } from 'csv-parse/browser/esm/sync';

const rows = Array.from({ length: 100 }, (_, i) => `item ${i},${i * 3},"a, b ${i}"`);
export const args = [`name,price,note\n${rows.join('\n')}\n`] as const;

export const plain = (text: string) => parse(text, { columns: true });
export const kvm = virtine((text: string) => parse(text, { columns: true }), { backend: 'kvm' });
export const wasm = virtine((text: string) => parse(text, { columns: true }), { backend: 'wasm' });

export const sizeOf = (table: readonly unknown[]): number => table.length;
