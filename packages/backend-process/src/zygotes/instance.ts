/** One context of a C or Wasm program. */
import { type BackendInstance, type BackendSnapshot, ColonyError, type RunRequest, type RunResult } from '@colony/core';
import { Cancellation } from '../children/cancellation.js';
import type { Gate } from '../children/gate.js';
import type { ZygoteProgram } from './programs.js';
import type { ChildRequest } from './run.js';
import type { KeptChild, Zygote } from './zygote.js';

export interface InstanceDependencies {
  readonly program: ZygoteProgram;
  readonly runSlots: Gate;
  /** Called once, when the instance is disposed of. */
  readonly giveBack: (program: ZygoteProgram) => void;
}

interface Kept {
  readonly zygote: Zygote;
  readonly child: KeptChild;
}

export class NativeInstance implements BackendInstance {
  readonly exports: readonly string[];
  readonly #dependencies: InstanceDependencies;
  readonly #running = new Set<Cancellation>();
  /** Runs that are not over. */
  readonly #runs = new Set<Promise<unknown>>();
  #kept: Kept | undefined;
  #disposed = false;

  constructor(dependencies: InstanceDependencies) {
    this.#dependencies = dependencies;
    this.exports = dependencies.program.executable.info.exports.map(({ name }) => name);
  }

  async run(request: RunRequest): Promise<RunResult> {
    if (this.#disposed) throw disposed();
    // Copied now: the caller may reuse its buffers as soon as it has the promise.
    const input = request.input.map((segment) => segment.slice());
    const cancellation = new Cancellation(request.signal);
    this.#running.add(cancellation);
    const run = this.#serve(request, input, cancellation.signal);
    this.#runs.add(run);
    try {
      return await run;
    } finally {
      cancellation.end();
      this.#running.delete(cancellation);
      this.#runs.delete(run);
    }
  }

  async #serve(request: RunRequest, input: readonly Uint8Array[], signal: AbortSignal): Promise<RunResult> {
    const { program, runSlots } = this.#dependencies;
    await runSlots.enter(signal);
    try {
      const zygote = await program.zygote(signal);
      const parked = (is: boolean) => (is ? runSlots.leave() : runSlots.reenter());
      const child: ChildRequest = { limits: request.limits, onHypercall: request.onHypercall, signal, parked };
      if (request.state === 'fresh') return await zygote.call(child, input);
      return await this.#keep(zygote, child, input);
    } finally {
      runSlots.leave();
    }
  }

  #keep(zygote: Zygote, request: ChildRequest, input: readonly Uint8Array[]): Promise<RunResult> {
    const kept = this.#kept;
    // If its zygote is gone, and the state with it, the zygote reports that.
    const [child, result] = (kept?.zygote ?? zygote).keep(kept?.child, request, input);
    this.#kept ??= { zygote, child };
    return result;
  }

  async snapshot(): Promise<BackendSnapshot> {
    throw new ColonyError('ERR_UNSUPPORTED', 'the process backend has no snapshots: a process cannot be copied');
  }

  async reset(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    kept?.zygote.drop(kept.child);
    await kept?.child.gone;
  }

  async dispose(): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      for (const cancellation of this.#running) cancellation.cancel(disposed());
      await Promise.allSettled(this.#runs);
      await this.reset();
      this.#dependencies.giveBack(this.#dependencies.program);
    }
  }
}

function disposed(): ColonyError {
  return new ColonyError('ERR_DISPOSED', 'the context was disposed while the call was running');
}
