/** Which modules the loader has to see, decided from names and text alone: every module of a program passes here. */
import { readFileSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { C_MODULE } from '../c/source/module-name.js';
import { mayHoldDirective, mayHoldVirtines } from '../ts/syntax/mark.js';

export const TYPED = /\.[cm]?tsx?$/;
const SOURCE = /\.[cm]?[jt]sx?$/;
/** Colony's own files speak of virtines and have none. */
const COLONY = dirname(dirname(fileURLToPath(import.meta.url))) + sep;
/** Node reads these formats itself: what stands in them is no JavaScript. */
const DATA = /^(?:json|wasm|addon|builtin)$/;

export interface Source {
  /** Absolute, or the URL of what is not a file. */
  readonly file: string;
  readonly text: string;
  /** As Node sees it, where it does. */
  readonly format: string | null | undefined;
}

const fileOf = (url: string): string | undefined => (url.startsWith('file:') ? fileURLToPath(url) : undefined);

/** The project's own file: packages resolve and strip types as Node does. */
export function ownFile(url: string): string | undefined {
  const file = fileOf(url);
  return file?.includes(`${sep}node_modules${sep}`) ? undefined : file;
}

/**
 * The file to compile, or to look into before Node has it. Directives count wherever they are: a package's function would
 * run unisolated too, and compiling it only takes rights away. Types are removed in the project's own files.
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

/** A file that is not there is Node's to report. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** What another hook, or Node, gives to run: the text, where it may hold a directive. */
export function doubtful(
  url: string,
  { source, format }: { source?: unknown; format?: string | null | undefined },
): Source | undefined {
  const file = fileOf(url) ?? url;
  if (DATA.test(format ?? '') || file.startsWith(COLONY)) return undefined;
  const text = ArrayBuffer.isView(source) || source instanceof ArrayBuffer ? decode(source) : source;
  // Without a source, Node reads the file later, as CommonJS: `sourceOf` has seen it, unless its name says nothing.
  const read = text == null && file !== url && !SOURCE.test(file) ? readIfThere(file) : text;
  return typeof read === 'string' && mayHoldDirective(read) ? { file, text: read, format } : undefined;
}

const decoder = new TextDecoder();
const decode = (bytes: ArrayBufferView | ArrayBuffer) =>
  mayHoldDirective(bytes) ? decoder.decode(bytes as Uint8Array) : '';

/** `./lib.js` means `lib.ts` where only that is there, as it does to TypeScript. Nothing where it cannot. */
export function typedSpecifier(specifier: string, parentURL: string | undefined, error: unknown): string | undefined {
  const { code } = error as { code?: string };
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const isRelative = /^(?:\.{1,2}\/|file:|\/)/.test(specifier) && /\.[cm]?jsx?$/.test(specifier);
  if (!isMissing || !isRelative || ownFile(parentURL ?? '') === undefined) return undefined;
  return specifier.replace(/js(x?)$/, 'ts$1');
}
