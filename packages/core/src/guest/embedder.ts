/** What the embedder gives; taken out of the global object before any user code runs. */
export interface Embedder {
  hypercall(request: ArrayBuffer): ArrayBuffer;
  utf8Encode(text: string): ArrayBuffer;
  utf8Decode(bytes: ArrayBuffer, offset: number, length: number): string;
  evalModule(filename: string, source: string, modules: Record<string, string>): Promise<Record<string, unknown>>;
  drainJobs(): void;
  /**
   * For an embedder that calls functions of the program itself where all arguments are plain: what it may call, and what
   * turns a value, or what was thrown, into a result frame.
   */
  expose?(
    finish: (name: string, end: number, value: unknown) => ArrayBuffer,
    names: readonly string[],
    functions: Readonly<Record<string, unknown>>,
  ): void;
  /** Told to such an embedder: the next call has to be a dispatch, which forgets the seed of `Math.random`. */
  seeded?(): void;
}

interface GuestGlobal {
  __embedder?: Embedder;
  __dispatch?: (request: ArrayBuffer) => ArrayBuffer;
  [key: string]: unknown;
}

export const guestGlobal = globalThis as unknown as GuestGlobal;
export const embedder: Embedder = guestGlobal.__embedder!;
// User code must not find it.
delete guestGlobal.__embedder;

/** Defines a global the way that built-in ones are: not enumerable. */
export function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}
