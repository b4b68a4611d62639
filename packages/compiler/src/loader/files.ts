/**
 * Decides which modules the loader compiles, from names and text alone, because every module of a program passes here.
 */
import { readFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { C_MODULE } from '../c/source/module-name.js';
import { mayHoldDirective, mayHoldVirtines } from '../ts/syntax/mark.js';

export const TYPED = /\.[cm]?tsx?$/;
const SOURCE = /\.[cm]?[jt]sx?$/;
/** Colony's own files contain the words, but no virtines. */
const COLONY = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
/** Formats that are not JavaScript; Node reads them itself. */
const DATA = /^(?:json|wasm|addon|builtin)$/;

export interface Source {
  /** Absolute path, or a URL that is not a file's. */
  readonly file: string;
  readonly text: string;
  /** Node's format of the module, if it knows it. */
  readonly format: string | null | undefined;
}

const fileOf = (url: string): string | undefined => (url.startsWith('file:') ? fileURLToPath(url) : undefined);

/** The path of a project's own file. Packages are left to Node's resolution and type stripping. */
function ownFile(url: string): string | undefined {
  const file = fileOf(url);
  return file?.includes(`${sep}node_modules${sep}`) ? undefined : file;
}

/**
 * Returns the file if it may have to be compiled. Directives count in packages, too: their functions would run
 * unisolated as well, and compiling them only takes rights away. Types are removed in the project's own files only.
 */
export function sourceOf(url: string, format: string | null | undefined): Source | undefined {
  const file = fileOf(url);
  if (file === undefined || file.startsWith(COLONY) || DATA.test(format ?? '')) return undefined;
  if (C_MODULE.test(file)) return { file, text: '', format };
  if (!SOURCE.test(file)) return undefined;
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  const typed = TYPED.test(file) && ownFile(url) !== undefined;
  return typed || mayHoldVirtines(text) ? { file, text, format } : undefined;
}

/** Returns `undefined` for a missing file, which Node reports. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Returns the text that another hook or Node is going to run, if it may hold a directive. */
export function doubtful(
  url: string,
  { source, format }: { source?: unknown; format?: string | null | undefined },
): Source | undefined {
  const file = fileOf(url) ?? url;
  if (DATA.test(format ?? '') || file.startsWith(COLONY)) return undefined;
  const text = ArrayBuffer.isView(source) || source instanceof ArrayBuffer ? decode(source) : source;
  // Without a source, Node reads the file later, as CommonJS. `sourceOf` has seen it if its name shows that it is code.
  const read = text == null && file !== url && !SOURCE.test(file) ? readIfThere(file) : text;
  return typeof read === 'string' && mayHoldDirective(read) ? { file, text: read, format } : undefined;
}

const decoder = new TextDecoder();
const decode = (bytes: ArrayBufferView | ArrayBuffer) =>
  mayHoldDirective(bytes) ? decoder.decode(bytes as Uint8Array) : '';

/** `./lib.js` means `lib.ts` if only that exists, as in TypeScript. Returns `undefined` if it cannot mean that. */
export function typedSpecifier(specifier: string, parentURL: string | undefined, error: unknown): string | undefined {
  const { code } = error as { code?: string };
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const isRelative = /^(?:\.{1,2}\/|file:|\/)/.test(specifier) && /\.[cm]?jsx?$/.test(specifier);
  if (!isMissing || !isRelative || ownFile(parentURL ?? '') === undefined) return undefined;
  return specifier.replace(/js(x?)$/, 'ts$1');
}
