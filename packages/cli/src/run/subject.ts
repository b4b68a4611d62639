/** What FILE is, told by its name and its first bytes. */
import { open } from 'node:fs/promises';
import { extname } from 'node:path';
import { component, js, native, type Program, Snapshot, wasm } from '@colony/core';
import { UsageError } from '../failure.js';

const ELF_MAGIC = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
/** The fifth byte of a WebAssembly file says whether it is a component. */
export const COMPONENT_LAYER = 0x0d;

/** The first bytes of a file. */
export async function readHead(file: string, length = 16): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

export function isElf(head: Uint8Array): boolean {
  return ELF_MAGIC.equals(head.subarray(0, 4));
}

export async function loadSubject(
  file: string,
  backend: string,
): Promise<{ program: Program } | { snapshot: Snapshot }> {
  const head = await readHead(file);
  switch (extname(file)) {
    case '.js':
    case '.mjs':
    case '.ts':
    case '.mts':
      return { program: js.file(file) };
    case '.c':
      return { program: native.c(file) };
  }
  if (extname(file) === '.wasm') return { program: head[4] === COMPONENT_LAYER ? component(file) : wasm(file) };
  if (isElf(head)) return { program: native.image(file) };
  if (head.length === 0) throw new UsageError(`${file} is empty`);
  return { snapshot: await Snapshot.load(file, backend) };
}
