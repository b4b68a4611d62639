/** One context of a JavaScript program. */
import { type BackendInstance, type BackendSnapshot, ColonyError, type RunRequest, type RunResult } from '@colony/core';
import { Cancellation } from '../children/cancellation.js';
import type { Gate } from '../children/gate.js';
import type { NodeChild } from '../children/node-child.js';
import type { Evaluated } from './evaluated.js';

export interface InstanceDependencies {
  readonly program: Evaluated;
  readonly runSlots: Gate;
  /** Called once, when the instance is disposed of. */
  readonly giveBack: (program: Evaluated) => void;
}

export class NodeInstance implements BackendInstance {
  readonly exports: readonly string[];
  readonly #dependencies: InstanceDependencies;
  readonly #running = new Set<Cancellation>();
  /** Children of this instance that are not known to be gone. */
  readonly #children = new Set<NodeChild>();
  #kept: NodeChild | undefined;
  #disposed = false;

  constructor(dependencies: InstanceDependencies) {
    this.#dependencies = dependencies;
    this.exports = dependencies.program.exports;
  }

  async run(request: RunRequest): Promise<RunResult> {
    // Copied now: the caller may reuse its buffers as soon as it has the promise.
    const input = [Buffer.concat(request.input)];
    const { runSlots } = this.#dependencies;
    const cancellation = new Cancellation(request.signal);
    this.#running.add(cancellation);
    try {
      if (this.#disposed) throw disposed();
      const { signal } = cancellation;
      await runSlots.enter(signal);
      try {
        return await this.#serve({ ...pick(request), input }, signal);
      } finally {
        runSlots.leave();
      }
    } finally {
      cancellation.end();
      this.#running.delete(cancellation);
    }
  }

  async #serve(request: Omit<RunRequest, 'signal'>, signal: AbortSignal): Promise<RunResult> {
    const { runSlots } = this.#dependencies;
    const { limits, state, input, onHypercall } = request;
    const child = state === 'keep' ? await this.#keep(limits.memory, signal) : await this.#take(limits.memory, signal);
    const parked = (is: boolean) => (is ? runSlots.leave() : runSlots.reenter());
    try {
      return await child.run({ input, limits, onHypercall, signal, parked });
    } finally {
      if (state === 'fresh') child.kill();
    }
  }

  async #take(memory: number, signal: AbortSignal): Promise<NodeChild> {
    const child = await this.#dependencies.program.take(memory, signal);
    this.#children.add(child);
    child.gone.then(() => this.#children.delete(child));
    if (!signal.aborted) return child;
    child.kill();
    throw signal.reason;
  }

  /** The child with the kept state. A dead one reports why it died, until `reset`. */
  async #keep(memory: number, signal: AbortSignal): Promise<NodeChild> {
    this.#kept ??= await this.#take(memory, signal);
    return this.#kept;
  }

  async snapshot(): Promise<BackendSnapshot> {
    throw new ColonyError('ERR_UNSUPPORTED', 'the process backend has no snapshots: a process cannot be copied');
  }

  async reset(): Promise<void> {
    this.#kept?.kill();
    this.#kept = undefined;
  }

  async dispose(): Promise<void> {
    if (!this.#disposed) {
      this.#disposed = true;
      for (const cancellation of this.#running) cancellation.cancel(disposed());
      for (const child of this.#children) child.kill(disposed());
      this.#dependencies.giveBack(this.#dependencies.program);
    }
    await Promise.all([...this.#children].map((child) => child.gone));
  }
}

function disposed(): ColonyError {
  return new ColonyError('ERR_DISPOSED', 'the context was disposed while the call was running');
}

/** Copies all properties but the signal: a getter makes it, and reading it would cost time. */
function pick({ limits, state, onHypercall }: RunRequest): Pick<RunRequest, 'limits' | 'state' | 'onHypercall'> {
  return { limits, state, onHypercall };
}
