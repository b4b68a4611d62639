/** From a program to the executable that is its zygote. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColonyError, type ResolvedProgram } from '@colony/core';
import { buildC, buildWasmImage, cached, contentKey, defaultCacheDir, type ImageInfo, readImage } from '@colony/guest';

export type NativeProgram = ResolvedProgram & { kind: 'native' };
export type WasmProgram = ResolvedProgram & { kind: 'wasm' };

export interface Executable {
  readonly kind: 'native' | 'wasm';
  readonly path: string;
  /** The same for the same executable. */
  readonly key: string;
  readonly info: ImageInfo;
}

/** @throws ColonyError ERR_COMPILE, ERR_UNSUPPORTED. */
export async function executableOf(program: NativeProgram | WasmProgram, signal: AbortSignal): Promise<Executable> {
  return program.kind === 'wasm' ? await fromWasm(program, signal) : await fromC(program, signal);
}

async function fromWasm(program: WasmProgram, signal: AbortSignal): Promise<Executable> {
  const path = await buildWasmImage({ module: program.module, target: 'process', signal });
  return { kind: 'wasm', path, key: path, info: readImage(await readFile(path)) };
}

async function fromC(program: NativeProgram, signal: AbortSignal): Promise<Executable> {
  if (program.image !== undefined) {
    // An invalid image is refused as on every backend.
    readImageOrRefuse(program.image);
    throw new ColonyError(
      'ERR_UNSUPPORTED',
      'a virtine image is not a program for Linux: give the process backend the C file, from which it builds its own',
    );
  }
  if (program.images?.process !== undefined) return await fromBytes(program.images.process);
  if (program.cFile === undefined)
    throw new ColonyError('ERR_BAD_OPTION', 'a native program needs a C file on the process backend');
  const flags = program.cFlags && { flags: program.cFlags };
  const { image, path, hash } = await buildC({ file: program.cFile, target: 'process', ...flags, signal });
  // Images lie in the cache as data; this one is run.
  await chmod(path, 0o755);
  return { kind: 'native', path, key: hash, info: readImage(image) };
}

/** Stores the executable in a file named by its content: only a file can be run. */
async function fromBytes(image: Uint8Array): Promise<Executable> {
  const key = contentKey([image]);
  const folder = await cached(join(defaultCacheDir(), 'c-process'), key, async (aside) => {
    await writeFile(join(aside, 'image.elf'), image, { mode: 0o755 });
  });
  const path = join(folder, 'image.elf');
  // A cache can be damaged, or written by someone else.
  if (contentKey([await readFile(path)]) !== key)
    throw new ColonyError('ERR_COMPILE', `${path} was changed after it was written: remove its folder`);
  return { kind: 'native', path, key, info: readImage(image) };
}

function readImageOrRefuse(image: Uint8Array): void {
  try {
    readImage(image);
  } catch (error) {
    throw new ColonyError('ERR_COMPILE', (error as Error).message, { cause: error });
  }
}
