/**
 * A group's own backend: its pool is configured and observed by the group, and the backend is shut down with the group.
 */
import { type Backend, type BackendModule, loadBackend } from '@colony/core';

type Stats = Readonly<Record<string, number>>;

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Milliseconds to wait for shells to be made or destroyed; after that a sample proceeds. */
const PATIENCE = 2000;
const QUIET = 200;

const ready = ({ spares = 0, blanks = 0 }: Stats) => spares + blanks;

export class OwnBackend {
  /** The value for `createContext({ backend })`. */
  readonly module: BackendModule;
  readonly #backend: Backend;
  #full: number | undefined;

  private constructor(module: BackendModule, backend: Backend) {
    this.module = { ...module, open: async () => backend };
    this.#backend = backend;
  }

  static async open(name: string, options: { warm?: number }): Promise<OwnBackend> {
    const module = await loadBackend(name);
    return new OwnBackend(module, await module.open(options));
  }

  /**
   * Waits until machines that are no longer needed are gone. It does not sleep, because a processor that has slept is
   * cold in a different way than a context is.
   */
  async emptied(): Promise<void> {
    for (const end = performance.now() + PATIENCE; performance.now() < end; await turn()) {
      const { shellsCreated, shellsDestroyed } = this.#backend.stats();
      if (shellsCreated === shellsDestroyed) return;
    }
  }

  /** Waits until as many children are ready as in an idle pool. Backends without children return at once. */
  async refilled(): Promise<void> {
    this.#full ??= await this.#whenQuiet();
    for (const end = performance.now() + PATIENCE; performance.now() < end; await pause(2)) {
      if (ready(this.#backend.stats()) >= this.#full) return;
    }
  }

  async #whenQuiet(): Promise<number> {
    let before = this.#backend.stats();
    if (!('spares' in before)) return 0;
    for (const end = performance.now() + PATIENCE; performance.now() < end; ) {
      await pause(QUIET);
      const now = this.#backend.stats();
      if (ready(now) === ready(before) && now['started'] === before['started']) break;
      before = now;
    }
    return ready(this.#backend.stats());
  }

  async dispose(): Promise<void> {
    await this.#backend.dispose();
  }
}
