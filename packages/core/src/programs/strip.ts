/** Turns TypeScript into JavaScript by blanking out the types: lines and columns stay. */
import { createRequire } from 'node:module';
import { ColonyError } from '../errors.js';

interface Stripper {
  transformSync(source: string, options: { mode: 'strip-only'; filename?: string }): { code: string };
}

let swc: Stripper | undefined;

/** @throws ColonyError ERR_COMPILE for invalid syntax, and for enums, namespaces and parameter properties */
export function stripTypes(source: string, filename: string): string {
  // Loaded on first use, because it is a compiler in WebAssembly.
  swc ??= createRequire(import.meta.url)('@swc/wasm-typescript') as Stripper;
  try {
    return swc.transformSync(source, { mode: 'strip-only', filename }).code;
  } catch (error) {
    const { message, startLine, startColumn } = error as { message?: string; startLine?: number; startColumn?: number };
    const where = startLine === undefined ? filename : `${filename}:${startLine}:${(startColumn ?? 0) + 1}`;
    const what = (message ?? String(error)).trim().split('\n')[0];
    throw new ColonyError('ERR_COMPILE', `${where}: ${what}`, { cause: error, details: { path: where } });
  }
}
