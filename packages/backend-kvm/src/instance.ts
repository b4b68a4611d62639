/** One context on this backend. */
import {
  type BackendInstance,
  type BackendSnapshot,
  ColonyError,
  type NativeImages,
  type Program,
  type RunRequest,
  type RunResult,
} from '@colony/core';
import type { NativeHypervisor, NativeInstance, NativeRun, NativeSnapshot } from './native.js';
import { runAsync, runHere, type Target } from './run.js';
import { inTermsOf } from './wasm-trap.js';

/** Where a program's calls start, and what can be called. */
export interface Start {
  readonly snapshot: NativeSnapshot;
  /** Not there for a shipped state that does not say. */
  readonly exports?: readonly string[] | undefined;
  /** What its C file was built to. */
  readonly built?: NativeImages | undefined;
}

/** A frozen state; memory is shared by every context that starts from it. */
export class KvmSnapshot implements BackendSnapshot {
  readonly backend = 'kvm';
  readonly size: number;
  readonly built: NativeImages | undefined;
  readonly #hypervisor: NativeHypervisor;
  #start: Start | undefined;

  constructor(hypervisor: NativeHypervisor, start: Start) {
    this.#hypervisor = hypervisor;
    this.#start = start;
    this.built = start.built;
    this.size = hypervisor.facts(start.snapshot).size;
  }

  get start(): Start {
    if (this.#start === undefined) throw new ColonyError('ERR_DISPOSED', 'the snapshot is disposed');
    return this.#start;
  }

  serialize(): Uint8Array {
    return this.#hypervisor.serialize(this.start.snapshot);
  }

  dispose(): void {
    this.#start = undefined;
  }
}

export function ours(snapshot: BackendSnapshot): KvmSnapshot {
  if (snapshot instanceof KvmSnapshot) return snapshot;
  throw new ColonyError('ERR_SNAPSHOT_FOREIGN', `the snapshot comes from the ${snapshot.backend} backend, this is kvm`);
}

export class KvmInstance implements BackendInstance {
  readonly exports?: readonly string[];
  readonly #hypervisor: NativeHypervisor;
  readonly #kind: Program['kind'];
  readonly #running = new Set<NativeRun>();
  readonly #start: Start;
  #kept: NativeInstance | undefined;

  constructor(hypervisor: NativeHypervisor, start: Start, { kind }: Pick<Program, 'kind'>) {
    this.#hypervisor = hypervisor;
    this.#start = start;
    if (start.exports !== undefined) this.exports = start.exports;
    this.#kind = kind;
  }

  #target(state: RunRequest['state']): Target {
    if (state === 'fresh') return this.#start.snapshot;
    this.#kept ??= this.#hypervisor.instance(this.#start.snapshot);
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
      throw inTermsOf(this.#kind, error);
    } finally {
      if (handle !== undefined) this.#running.delete(handle);
    }
  }

  runSync(request: RunRequest): RunResult {
    try {
      return runHere(this.#hypervisor, this.#target(request.state), request);
    } catch (error) {
      throw inTermsOf(this.#kind, error);
    }
  }

  async snapshot(): Promise<KvmSnapshot> {
    const kept = this.#kept === undefined ? null : this.#hypervisor.freeze(this.#kept);
    return new KvmSnapshot(this.#hypervisor, kept === null ? this.#start : { ...this.#start, snapshot: kept });
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
