/** The start states of evaluated programs. Each is made once and shared by the contexts that may share it. */
import type { BackendSnapshot, HypercallHandler, InstanceOptions } from '../backend.js';
import { isOfTheProgram } from '../linux/services.js';
import { waitFor } from './shared-work.js';

/** A backend's store of states for later contexts. */
export interface StartStore<Start> {
  /** Looks up a state. The caller uses the state that it gets. */
  take(key: string): Start | undefined;
  keep(key: string, start: Start): void;
}

/** How a backend makes a state. */
export interface StartMakers<Start> {
  /** Evaluates the program. Hypercalls go to `onHypercall`, not to the handler in `options`. */
  evaluate(options: InstanceOptions, onHypercall: HypercallHandler): Promise<Start>;
  /** Makes a start state from a prebuilt state. A backend with snapshots needs it. */
  restore?(
    snapshot: BackendSnapshot,
    exports: readonly string[] | undefined,
    options: InstanceOptions,
  ): Start | Promise<Start>;
}

/**
 * Contexts that are created together wait for the first one's state. That state cannot be shared if its evaluation
 * failed or made a hypercall; then each context evaluates the program itself. The hypercalls for a Linux program's files
 * do not count, because their replies are the same for all contexts.
 */
export class StartCache<Start> {
  readonly #evaluating = new Map<string, Promise<void>>();

  constructor(
    private readonly store: StartStore<Start>,
    private readonly makers: StartMakers<Start>,
  ) {}

  /**
   * Returns the start state for a context.
   * @throws ColonyError ERR_ABORTED as soon as the signal is aborted, even while it waits for another context's state
   */
  async start(options: InstanceOptions): Promise<Start> {
    const { program, shipped, signal } = options;
    const key = shipped?.key ?? program.hash;
    const take = () => this.store.take(program.hash) ?? this.store.take(key);
    const known = take();
    if (known !== undefined) return known;
    const first = this.#evaluating.get(key);
    if (first !== undefined) {
      await waitFor(first, signal);
      return take() ?? (await this.#make(options));
    }
    const made = this.#make(options);
    const settle = () => void this.#evaluating.delete(key);
    this.#evaluating.set(key, made.then(settle, settle));
    return await made;
  }

  async #make(options: InstanceOptions): Promise<Start> {
    const { evaluate, restore } = this.makers;
    const { program, shipped } = options;
    if (restore !== undefined && shipped !== undefined) {
      const restored = await shipped.loadPrebuilt((snapshot, exports) => restore(snapshot, exports, options));
      if (restored !== undefined) {
        this.store.keep(shipped.key, restored);
        return restored;
      }
    }
    let isPure = true;
    const start = await evaluate(options, (request) => {
      isPure &&= (program.kind === 'linux' || program.kind === 'v8') && isOfTheProgram(request);
      return options.onHypercall(request);
    });
    if (isPure) this.store.keep(program.hash, start);
    return start;
  }
}
