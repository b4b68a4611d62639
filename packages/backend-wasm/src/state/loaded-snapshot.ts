/** A state from a file. */
import type { BackendSnapshot, InstanceOptions } from '@colony/core';
import type { Runner } from '../run/runner.js';
import { type SavedState, stateOf } from './snapshot-file.js';
import type { Ready, StartStateCache } from './start-state-cache.js';

/** Its program comes with the first context that starts from it. Its memory is allocated then, once. */
export class LoadedSnapshot implements BackendSnapshot {
  readonly backend = 'wasm';
  readonly size: number;
  readonly #saved: SavedState;
  readonly #bytes: Uint8Array;
  #ready: Ready | undefined;

  constructor(saved: SavedState, bytes: Uint8Array) {
    this.#saved = saved;
    this.#bytes = bytes;
    this.size = saved.size;
  }

  /** The caller has checked the size against the limits. */
  async ready(startStates: StartStateCache, runner: Runner, { program, signal }: InstanceOptions): Promise<Ready> {
    const prepared = await startStates.prepare(program, signal);
    this.#ready ??= {
      start: runner.start(prepared, stateOf(prepared, this.#saved)),
      exports: this.#saved.exports,
    };
    return this.#ready;
  }

  serialize(): Uint8Array {
    return this.#bytes.slice();
  }

  dispose(): void {
    this.#ready = undefined;
  }
}
