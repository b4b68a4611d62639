/** One context on this backend. */
import type { BackendInstance, RunRequest, RunResult } from '@colony/core';
import { type Cancel, type Runner, resultOf, runSpecOf } from './run/runner.js';
import { giveBack, ownState, sharedState } from './state/memory.js';
import { WasmSnapshot } from './state/snapshot.js';
import type { Ready } from './state/start-state-cache.js';
import type { Outcome, Start } from './thread/thread.js';

/** State that goes on. */
interface Kept {
  readonly start: Start;
  /** Runs that have ended well. */
  readonly version: number;
}

export class WasmInstance implements BackendInstance {
  readonly exports: readonly string[];
  readonly #runner: Runner;
  readonly #ready: Ready;
  readonly #running = new Set<Cancel>();
  #kept: Kept | undefined;

  constructor(runner: Runner, ready: Ready) {
    this.#runner = runner;
    this.#ready = ready;
    this.exports = ready.exports;
  }

  async run(request: RunRequest): Promise<RunResult> {
    const kept = this.#keptFor(request);
    const spec = runSpecOf(kept?.start ?? this.#ready.start, request, kept?.version);
    let ended: Cancel | undefined;
    try {
      const outcome = await this.#runner.run(spec, request, (cancel) => {
        ended = cancel;
        this.#running.add(cancel);
      });
      this.#goOn(kept, outcome);
      return resultOf(outcome);
    } finally {
      if (ended !== undefined) this.#running.delete(ended);
    }
  }

  runSync(request: RunRequest): RunResult {
    const kept = this.#keptFor(request);
    const outcome = this.#runner.runSync(runSpecOf(kept?.start ?? this.#ready.start, request, kept?.version), request);
    this.#goOn(kept, outcome);
    return resultOf(outcome);
  }

  async snapshot(): Promise<WasmSnapshot> {
    const kept = this.#kept;
    if (kept === undefined) return new WasmSnapshot(this.#ready);
    const { program, state } = kept.start;
    const start = this.#runner.start(program, sharedState(state!));
    return new WasmSnapshot({ ...this.#ready, start });
  }

  async reset(): Promise<void> {
    if (this.#kept === undefined) return;
    const { id, state } = this.#kept.start;
    this.#kept = undefined;
    this.#runner.forget(id);
    giveBack(state!);
  }

  async dispose(): Promise<void> {
    for (const cancel of this.#running) cancel('ERR_DISPOSED');
    await this.reset();
  }

  #keptFor({ state }: RunRequest): Kept | undefined {
    if (state === 'fresh') return undefined;
    const { start } = this.#ready;
    this.#kept ??= { start: this.#runner.keep(start.program, ownState(start.state!)), version: 0 };
    return this.#kept;
  }

  #goOn(kept: Kept | undefined, { state }: Outcome): void {
    if (kept === undefined || state === undefined) return;
    const { id, program } = kept.start;
    if (this.#kept === kept) this.#kept = { start: { id, program, state }, version: kept.version + 1 };
    else giveBack(state); // a reset in between has dropped it
  }
}
