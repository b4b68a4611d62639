/** The functions that the embedder provides. They are removed from the global object before any user code runs. */
export interface Embedder {
  hypercall(request: ArrayBuffer): ArrayBuffer;
  utf8Encode(text: string): ArrayBuffer;
  utf8Decode(bytes: ArrayBuffer, offset: number, length: number): string;
  evalModule(filename: string, source: string, modules: Record<string, string>): Promise<Record<string, unknown>>;
  /** Runs promise jobs until there are none. */
  drainJobs(): void;
  /**
   * For an embedder with an event loop: runs it until the function that `begin` gets is called, or no work is left. Resolves
   * outside of all jobs. Without it only jobs can settle a promise.
   */
  wait?(begin: (end: () => void) => void): Promise<void>;
  /**
   * For an embedder that itself calls the program's functions if all arguments are plain. `functions` may be called.
   * `finish` makes a result frame from a returned or thrown value.
   */
  expose?(
    finish: (name: string, end: number, value: unknown) => ArrayBuffer,
    names: readonly string[],
    functions: Readonly<Record<string, unknown>>,
  ): void;
  /** Notifies such an embedder that the next call must be a dispatch, which forgets the seed of `Math.random`. */
  seeded?(): void;
}

interface GuestGlobal {
  __embedder?: Embedder;
  __dispatch?: (request: ArrayBuffer) => ArrayBuffer | Promise<ArrayBuffer>;
  [key: string]: unknown;
}

export const guestGlobal = globalThis as unknown as GuestGlobal;
export const embedder: Embedder = guestGlobal.__embedder!;
// User code must not find the embedder.
delete guestGlobal.__embedder;

/** Defines a global like a built-in one: not enumerable. */
export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}
