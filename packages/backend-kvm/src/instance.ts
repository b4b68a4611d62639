/** One context on this backend. */
import { type BackendInstance, ColonyError, type Program, type RunRequest, type RunResult } from '@colony/core';
import type { NativeHypervisor, NativeInstance, NativeRun } from './native.js';
import { runAsync, runSync, type Target } from './run/run.js';
import { toWasmTrap } from './run/wasm-trap.js';
import { SharedSnapshot } from './state/shared-snapshot.js';
import { KvmSnapshot, type Start } from './state/snapshot.js';

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
      const started = (run: NativeRun) => {
        handle = run;
        this.#running.add(run);
      };
      const target = this.#target(request.state);
      return await runAsync(this.#hypervisor, target, request, 0, started, this.#start.shared);
    } catch (error) {
      throw toWasmTrap(this.#kind, error);
    } finally {
      if (handle !== undefined) this.#running.delete(handle);
    }
  }

  runSync(request: RunRequest): RunResult {
    try {
      return runSync(this.#hypervisor, this.#target(request.state), request, this.#start.shared);
    } catch (error) {
      throw toWasmTrap(this.#kind, error);
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
