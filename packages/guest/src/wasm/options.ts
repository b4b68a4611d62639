/** Options for the image of a Wasm module. */
import { filePath, listOf, type OptionReaders, oneOf, type ReadOption, readOptions } from '@colony/core/options';
import { NATIVE_TARGETS, type NativeTargetName } from '../targets.js';
import { BUILD_READERS, type BuildOptions } from '../tools/options.js';

export interface WasmImageOptions extends BuildOptions {
  readonly module: Uint8Array;
  /** The kind of image. Default `virtine`: an image for the kvm backend. */
  readonly target?: NativeTargetName;
  /** C identifier; names the module's functions in the image's symbols. */
  readonly name?: string;
  readonly stackSize?: number;
  /**
   * Paths of C and assembly files that use the module. Without them, its exports are the image's functions. Other files
   * in their folders count as their headers.
   */
  readonly glue?: readonly string[];
  /** Preprocessor macros of the glue. Values that begin with `file:` are paths whose content counts. */
  readonly defines?: Readonly<Record<string, string>>;
  readonly cacheDir?: string;
}

const moduleBytes: ReadOption<Uint8Array> = (value, path, reader) =>
  reader.look(path, () => value instanceof Uint8Array)
    ? (value as Uint8Array)
    : reader.fail(path, 'the bytes of a module', value);

/** The name becomes part of paths and of C code. */
const identifier: ReadOption<string> = (value, path, reader) =>
  typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value) ? value : reader.fail(path, 'a C identifier', value);

/** Macros may have any names. */
const macros: ReadOption<Readonly<Record<string, string>>> = (value, path, reader) =>
  Object.fromEntries(
    Object.entries(reader.object(value, path)).map(([name, text]) => {
      const at = `${path}.${name}`;
      return [name, typeof text === 'string' ? text : reader.fail(at, 'a string', text)];
    }),
  );

const READERS: OptionReaders<WasmImageOptions> = {
  module: moduleBytes,
  target: oneOf(...(Object.keys(NATIVE_TARGETS) as NativeTargetName[])),
  name: identifier,
  stackSize: (value, path, reader) => reader.integer(value, path, 1),
  glue: listOf(filePath),
  defines: macros,
  cacheDir: filePath,
  ...BUILD_READERS,
};

/**
 * Returns a copy; each option is read once.
 * @throws ColonyError ERR_BAD_OPTION
 */
export function readWasmImageOptions(options: WasmImageOptions): WasmImageOptions {
  return readOptions<WasmImageOptions, 'module'>('options', options, READERS, ['module']);
}
