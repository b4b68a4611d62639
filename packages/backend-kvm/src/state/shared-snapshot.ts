/** A native snapshot with a count of its users. */
import type { NativeHypervisor, NativeSnapshot } from '../native.js';

/**
 * The last release frees its memory and its file descriptor. The garbage collector would free them, too, but late, and
 * never in a loop that does not wait.
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
