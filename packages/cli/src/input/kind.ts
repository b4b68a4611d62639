/** Detects the kind of a file from its first bytes and its name. */
import { type FileHandle, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { UsageError } from '../failure.js';
import { systemError } from '../system-error.js';

/** Every kind of file, with its name in messages. */
export const KINDS = {
  script: 'a JavaScript or TypeScript module',
  commonjs: 'a CommonJS file',
  jsx: 'a file with JSX',
  c: 'a C file',
  module: 'a WebAssembly module',
  component: 'a WebAssembly component',
  image: 'an ELF file',
  snapshot: 'a snapshot',
  json: 'a JSON file',
  empty: 'an empty file',
  binary: 'binary data of an unknown kind',
  other: 'a file of an unknown kind',
} as const;

export type Kind = keyof typeof KINDS;

const EXTENSIONS: Readonly<Record<string, Kind>> = {
  '.js': 'script',
  '.mjs': 'script',
  '.ts': 'script',
  '.mts': 'script',
  '.cjs': 'commonjs',
  '.cts': 'commonjs',
  '.jsx': 'jsx',
  '.tsx': 'jsx',
  '.c': 'c',
  '.json': 'json',
};

const starts = (head: Buffer, magic: string) => head.subarray(0, magic.length).toString('latin1') === magic;

/** The fifth to the eighth byte of a WebAssembly file are its version and its layer. */
const COMPONENT_LAYER = 0x0d;

/** `head`: the first bytes. A few hundred are enough to distinguish text from other data. */
export function kindOf(name: string, head: Buffer): Kind {
  if (head.length === 0) return 'empty';
  if (starts(head, '\0asm')) return head[4] === COMPONENT_LAYER ? 'component' : 'module';
  if (starts(head, '\x7fELF')) return 'image';
  if (starts(head, 'COLONYSN')) return 'snapshot';
  if (head.includes(0)) return 'binary';
  return EXTENSIONS[extname(name)] ?? 'other';
}

const HEAD = 1024;

async function headOf(handle: FileHandle, file: string): Promise<Buffer> {
  const stats = await handle.stat();
  if (stats.isDirectory()) throw systemError('EISDIR', file);
  // A pipe or device cannot be used, because files are read more than once.
  if (!stats.isFile()) throw new UsageError(`${file}: it is a pipe or a device; give it as standard input, with '-'`);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD), 0, HEAD, 0);
  return buffer.subarray(0, bytesRead);
}

/** @throws UsageError and system errors, which describe the problem with the file */
export async function readKind(file: string): Promise<Kind> {
  const handle = await open(file).catch((error: unknown) => {
    throw systemError((error as NodeJS.ErrnoException).code ?? String(error), file);
  });
  try {
    return kindOf(file, await headOf(handle, file));
  } finally {
    await handle.close();
  }
}
