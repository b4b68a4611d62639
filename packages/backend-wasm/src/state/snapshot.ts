/** A state in memory, as core holds it. */
import { type BackendSnapshot, ColonyError, type NativeImages } from '@colony/core';
import { encodeSnapshot } from './snapshot-file.js';
import type { Ready } from './start-state-cache.js';

/** A frozen state. Every context that starts from it shares its memory. */
export class WasmSnapshot implements BackendSnapshot {
  readonly backend = 'wasm';
  readonly built: NativeImages | undefined;
  #ready: Ready | undefined;

  constructor(ready: Ready) {
    this.#ready = ready;
    this.built = ready.built;
  }

  get ready(): Ready {
    if (this.#ready === undefined) throw new ColonyError('ERR_DISPOSED', 'the snapshot is disposed');
    return this.#ready;
  }

  get size(): number {
    return this.#ready?.start.state?.memory.length ?? 0;
  }

  serialize(): Uint8Array {
    return encodeSnapshot(this.ready);
  }

  dispose(): void {
    this.#ready = undefined;
  }
}
