/** WebAssembly in V8 as a Colony backend. */
import { createHash } from 'node:crypto';
import {
  type Backend,
  type BackendCapabilities,
  type BackendOptions,
  type BackendSnapshot,
  ColonyError,
  type InstanceOptions,
} from '@colony/core';
import { guestRuntimeSource } from '@colony/core/guest-runtime';
import { countFrom, filePath, readOptions } from '@colony/core/options';
import { WasmInstance } from './instance.js';
import { type PoolSizes, poolSizes } from './run/pool.js';
import { Runner } from './run/runner.js';
import { LoadedSnapshot } from './state/loaded-snapshot.js';
import { WasmSnapshot } from './state/snapshot.js';
import { decodeSnapshot, engineId } from './state/snapshot-file.js';
import { EXCLUDES, type Ready, StartStateCache } from './state/start-state-cache.js';

const CAPABILITIES: BackendCapabilities = Object.freeze({
  programs: Object.freeze(['js', 'native', 'wasm', 'component'] as const),
  excludes: EXCLUDES,
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

interface WasmOptions extends PoolSizes {
  /** Folder of components that were transpiled beforehand. */
  readonly prebuilt: string;
}

export class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly capabilities = CAPABILITIES;
  readonly #runner: Runner;
  readonly #startStates: StartStateCache;
  #engine: string | undefined;

  constructor(backendOptions: BackendOptions) {
    const { prebuilt, ...sizes } = readOptions<WasmOptions>('backendOptions', backendOptions, {
      warm: countFrom(0),
      threads: countFrom(1),
      max: countFrom(1),
      prebuilt: filePath,
    });
    this.#runner = new Runner(poolSizes(sizes));
    this.#startStates = new StartStateCache(
      this.#runner,
      (snapshot, options) => this.#startOf(snapshot, options),
      prebuilt,
    );
  }

  async createInstance(options: InstanceOptions): Promise<WasmInstance> {
    return new WasmInstance(this.#runner, await this.#ready(options));
  }

  async deserializeSnapshot(bytes: Uint8Array): Promise<BackendSnapshot> {
    const copy = bytes.slice();
    return new LoadedSnapshot(decodeSnapshot(copy), copy);
  }

  /** The guest runtime is beside the engine's module, and in every state. */
  async engine(): Promise<string> {
    this.#engine ??= createHash('sha256').update(engineId()).update(guestRuntimeSource()).digest('hex');
    return this.#engine;
  }

  stats(): Readonly<Record<string, number>> {
    return this.#runner.stats;
  }

  async dispose(): Promise<void> {
    await this.#runner.close();
  }

  async #ready(options: InstanceOptions): Promise<Ready> {
    const { snapshot } = options;
    return snapshot === undefined ? await this.#startStates.ready(options) : await this.#startOf(snapshot, options);
  }

  async #startOf(snapshot: BackendSnapshot, options: InstanceOptions): Promise<Ready> {
    checkSize(snapshot, options);
    if (snapshot instanceof WasmSnapshot) return snapshot.ready;
    if (snapshot instanceof LoadedSnapshot) return await snapshot.ready(this.#startStates, this.#runner, options);
    const message = `the snapshot comes from the ${snapshot.backend} backend, this is wasm`;
    throw new ColonyError('ERR_SNAPSHOT_FOREIGN', message);
  }
}

/** Before the state of a file takes its memory. */
function checkSize({ size }: BackendSnapshot, { limits }: InstanceOptions): void {
  if (size <= limits.memory) return;
  const message = `the snapshot's state needs ${size} bytes of memory, more than the ${limits.memory} of limits.memory: raise it`;
  throw new ColonyError('ERR_LIMIT_MEMORY', message, { details: { limit: limits.memory } });
}
