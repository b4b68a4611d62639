/** One context on this backend. */
import {
  type BackendInstance,
  type BackendSnapshot,
  ColonyError,
  type Program,
  type RunRequest,
  type RunResult,
} from '@colony/core';
import type { NativeHypervisor, NativeInstance, NativeRun, NativeSnapshot } from './native.js';
import { runAsync, runHere, type Target } from './run.js';
import { inTermsOf } from './wasm-trap.js';

/** A frozen state; memory is shared by every context that starts from it. */
export class KvmSnapshot implements BackendSnapshot {
  readonly backend = 'kvm';
  readonly size: number;
  readonly programHash: string;
  readonly exports: readonly string[] | undefined;
  readonly #hypervisor: NativeHypervisor;
  #native: NativeSnapshot | undefined;

  constructor(hypervisor: NativeHypervisor, native: NativeSnapshot, programHash: string, exports?: readonly string[]) {
    this.#hypervisor = hypervisor;
    this.#native = native;
    this.exports = exports;
    this.size = hypervisor.facts(native).size;
    this.programHash = programHash;
  }

  get native(): NativeSnapshot {
    if (this.#native === undefined) throw new Error('the snapshot is disposed');
    return this.#native;
  }

  serialize(): Uint8Array {
    return this.#hypervisor.serialize(this.native);
  }

  dispose(): void {
    this.#native = undefined;
  }
}

export function ours(snapshot: BackendSnapshot): KvmSnapshot {
  if (snapshot instanceof KvmSnapshot) return snapshot;
  throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `the snapshot comes from the ${snapshot.backend} backend, this is kvm`);
}

export class KvmInstance implements BackendInstance {
  readonly exports?: readonly string[];
  readonly #hypervisor: NativeHypervisor;
  readonly #program: Pick<Program, 'kind' | 'hash'>;
  readonly #running = new Set<NativeRun>();
  readonly #start: NativeSnapshot;
  #kept: NativeInstance | undefined;

  constructor(
    hypervisor: NativeHypervisor,
    start: NativeSnapshot,
    program: Pick<Program, 'kind' | 'hash'>,
    exports?: readonly string[],
  ) {
    this.#hypervisor = hypervisor;
    this.#start = start;
    if (exports !== undefined) this.exports = exports;
    this.#program = program;
  }

  #target(state: RunRequest['state']): Target {
    if (state === 'fresh') return this.#start;
    this.#kept ??= this.#hypervisor.instance(this.#start);
    return this.#kept;
  }

  async run(request: RunRequest): Promise<RunResult> {
    let handle: NativeRun | undefined;
    try {
      return await runAsync(this.#hypervisor, this.#target(request.state), request, 0, (run) => {
        handle = run;
        this.#running.add(run);
      });
    } catch (error) {
      throw inTermsOf(this.#program.kind, error);
    } finally {
      if (handle !== undefined) this.#running.delete(handle);
    }
  }

  runSync(request: RunRequest): RunResult {
    try {
      return runHere(this.#hypervisor, this.#target(request.state), request);
    } catch (error) {
      throw inTermsOf(this.#program.kind, error);
    }
  }

  async snapshot(): Promise<KvmSnapshot> {
    const kept = this.#kept === undefined ? null : this.#hypervisor.freeze(this.#kept);
    return new KvmSnapshot(this.#hypervisor, kept ?? this.#start, this.#program.hash, this.exports);
  }

  async reset(): Promise<void> {
    if (this.#kept !== undefined) this.#hypervisor.drop(this.#kept);
    this.#kept = undefined;
  }

  async dispose(): Promise<void> {
    for (const run of this.#running) run.cancel('ERR_DISPOSED');
    await this.reset();
  }
}
