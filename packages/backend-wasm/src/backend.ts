/** WebAssembly in V8 as a Colony backend. */
import {
  type Backend,
  type BackendCapabilities,
  type BackendOptions,
  type BackendSnapshot,
  ColonyError,
  type InstanceOptions,
} from '@colony/core';
import { WasmInstance, WasmSnapshot } from './instance.js';
import { poolSizes } from './pool/pool.js';
import { Programs, type Ready } from './programs.js';
import { Runner } from './runner.js';
import { checkAgainst, decodeSnapshot, type SavedState } from './snapshot-file.js';

const CAPABILITIES: BackendCapabilities = Object.freeze({
  programs: Object.freeze(['js', 'native', 'wasm', 'component'] as const),
  callSync: true,
  snapshot: true,
  snapshotFile: true,
  asyncHypercalls: true,
  keepState: true,
  limits: Object.freeze({ memory: true, wallTime: true, cpuTime: true, output: true }),
  boundary: 'wasm',
  mechanisms: Object.freeze([]),
  cells: Object.freeze({ component: Object.freeze({ snapshot: false, snapshotFile: false, keepState: false }) }),
});

/** A snapshot out of a file: its program comes with the context that starts from it. */
class LoadedSnapshot implements BackendSnapshot {
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

export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly capabilities = CAPABILITIES;
  readonly #runner: Runner;
  readonly #programs: Programs;

  constructor({ threads, warm, max, prebuilt }: BackendOptions) {
    if (prebuilt !== undefined && typeof prebuilt !== 'string') {
      throw new ColonyError('ERR_BAD_OPTION', 'backendOptions.prebuilt: the path of a folder is needed', {
        details: { path: 'backendOptions.prebuilt' },
      });
    }
    this.#runner = new Runner(poolSizes({ threads, warm, max: typeof max === 'number' ? max : undefined }));
    this.#programs = new Programs(this.#runner, prebuilt);
  }

  async createInstance(options: InstanceOptions): Promise<WasmInstance> {
    return new WasmInstance(this.#runner, await this.#ready(options), options.program.hash);
  }

  async deserializeSnapshot(bytes: Uint8Array): Promise<BackendSnapshot> {
    const copy = bytes.slice();
    return new LoadedSnapshot(decodeSnapshot(copy), copy);
  }

  stats(): Readonly<Record<string, number>> {
    return this.#runner.stats;
  }

  async dispose(): Promise<void> {
    await this.#runner.close();
  }

  async #ready(options: InstanceOptions): Promise<Ready> {
    const { snapshot } = options;
    if (snapshot === undefined) return await this.#programs.ready(options);
    if (snapshot instanceof WasmSnapshot) return snapshot.ready;
    if (snapshot instanceof LoadedSnapshot) return await snapshot.ready(this.#programs, this.#runner, options);
    const message = `the snapshot comes from the ${snapshot.backend} backend, this is wasm`;
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', message);
  }
}
