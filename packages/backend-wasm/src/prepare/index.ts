/** Prepares a module: afterwards it can be interrupted, and its memory can be limited. */
import { ColonyError } from '@colony/core';
import { malformed } from './bytes.js';
import type { PreparedModule } from './prepared.js';
import { rewrite } from './rewrite.js';

/** The limit of the other backends, too. It bounds the time that preparing takes: about 2 s. */
const MOST_BYTES = 16 * 2 ** 20;

function compile(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
  } catch (error) {
    throw malformed((error as Error).message.replace(/^WebAssembly\.Module\(\): /, ''));
  }
}

/**
 * Checks, rewrites and compiles, in the calling thread.
 * @throws ColonyError ERR_COMPILE, or ERR_UNSUPPORTED for a module that is too large
 */
export function prepareHere(module: Uint8Array): PreparedModule {
  if (module.length > MOST_BYTES) {
    const message = `a Wasm module of ${module.length} bytes; at most ${MOST_BYTES} can be compiled`;
    throw new ColonyError('ERR_UNSUPPORTED', message);
  }
  // Only modules that V8 finds valid are rewritten. Compiling an invalid one throws the reason.
  if (!WebAssembly.validate(module as Uint8Array<ArrayBuffer>)) compile(module);
  const { bytes, facts } = rewrite(module);
  return { module: compile(bytes), facts };
}
