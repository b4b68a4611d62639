/** A state out of a file. */
import { type BackendSnapshot, ColonyError, type InstanceOptions } from '@colony/core';
import type { Programs, Ready } from './programs.js';
import type { Runner } from './runner.js';
import { checkAgainst, type SavedState } from './snapshot-file.js';

/** A snapshot out of a file: its program comes with the context that starts from it. */
export class LoadedSnapshot implements BackendSnapshot {
  readonly backend = 'wasm';
  readonly size: number;
  readonly programHash: string;
  readonly #saved: SavedState;
  readonly #bytes: Uint8Array;
  #ready: Ready | undefined;

  constructor(saved: SavedState, bytes: Uint8Array) {
    this.#saved = saved;
    this.#bytes = bytes;
    this.size = saved.state.memory.length;
    this.programHash = saved.programHash;
  }

  async ready(programs: Programs, runner: Runner, { program }: InstanceOptions): Promise<Ready> {
    if (program.hash !== this.programHash)
      throw new ColonyError('ERR_SNAPSHOT_FOREIGN', 'the snapshot is of another program');
    const prepared = await programs.prepare(program);
    this.#ready ??= {
      start: runner.start(prepared, checkAgainst(prepared, this.#saved)),
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
