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
import type { NativeHypervisor, NativeInstance, NativeRun } from './native.js';
import { runAsync, runHere, type Target } from './run.js';
import { SharedSnapshot } from './shared-snapshot.js';
import { inTermsOf } from './wasm-trap.js';

/** Where a program's calls start, and what can be called. */
export interface Start {
  readonly snapshot: SharedSnapshot;
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
    this.size = hypervisor.facts(start.snapshot.hold().native).size;
  }

  get start(): Start {
    if (this.#start === undefined) throw new ColonyError('ERR_DISPOSED', 'the snapshot is disposed');
    return this.#start;
  }

  serialize(): Uint8Array {
    return this.#hypervisor.serialize(this.start.snapshot.native);
  }

  dispose(): void {
    this.#start?.snapshot.release();
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
  #isDisposed = false;

  constructor(hypervisor: NativeHypervisor, start: Start, { kind }: Pick<Program, 'kind'>) {
    this.#hypervisor = hypervisor;
    this.#start = start;
    start.snapshot.hold();
    if (start.exports !== undefined) this.exports = start.exports;
    this.#kind = kind;
  }

  #target(state: RunRequest['state']): Target {
    const { native } = this.#start.snapshot;
    if (state === 'fresh') return native;
    this.#kept ??= this.#hypervisor.instance(native);
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
    if (this.#isDisposed) throw new ColonyError('ERR_DISPOSED', 'the context is disposed');
    const kept = this.#kept === undefined ? null : this.#hypervisor.freeze(this.#kept);
    if (kept === null) return new KvmSnapshot(this.#hypervisor, this.#start);
    const snapshot = new SharedSnapshot(this.#hypervisor, kept);
    return new KvmSnapshot(this.#hypervisor, { ...this.#start, snapshot });
  }

  async reset(): Promise<void> {
    if (this.#kept !== undefined) this.#hypervisor.drop(this.#kept);
    this.#kept = undefined;
  }

  async dispose(): Promise<void> {
    for (const run of this.#running) run.cancel('ERR_DISPOSED');
    await this.reset();
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#start.snapshot.release();
  }
}
