/** A native snapshot and those who use it. */
import type { NativeHypervisor, NativeSnapshot } from '../native.js';

/**
 * The last who lets go frees its memory and its file descriptor: the collector, which finds what nobody let go of, comes
 * late, and never to a loop that does not wait.
 */
export class SharedSnapshot {
  #users = 0;

  constructor(
    private readonly hypervisor: NativeHypervisor,
    readonly native: NativeSnapshot,
  ) {}

  hold(): this {
    this.#users++;
    return this;
  }

  /** Once for each `hold()`. */
  release(): void {
    this.#users--;
    if (this.#users === 0) this.hypervisor.release(this.native);
  }
}
