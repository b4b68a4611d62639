/**
 * What the two realms of a child say to each other. The outer realm is Node's; the inner one is the guest's, and has
 * ECMAScript only. Nothing but strings, numbers and buffers of the inner realm goes across, so that no object of
 * Node's can be walked from.
 */
export interface Raw {
  /** Sends a hypercall's request and waits; gives the length of the reply, which `take` hands over. */
  hypercall(request: ArrayBuffer): number;
  /** UTF-8 of a text: its length; `take` hands it over. */
  encode(text: string): number;
  take(into: ArrayBuffer): void;
  decode(bytes: ArrayBuffer, offset: number, length: number): string;
  /** Links and evaluates the main module; its namespace or its error goes to the one or the other. */
  evaluate(
    filename: string,
    source: string,
    modules: Readonly<Record<string, string>>,
    done: (namespace: object) => void,
    failed: (error: unknown) => void,
  ): void;
  /** Runs jobs until there are none. */
  drain(): void;
}

/** Under this name the inner realm finds it, once. */
export const RAW = '__raw';

export type Dispatch = (request: ArrayBuffer) => ArrayBuffer;

/** What the inner realm gives back. */
export interface Inner {
  /** A buffer of the inner realm. */
  newBuffer(length: number): ArrayBuffer;
  dispatch: Dispatch;
  /** An error of the inner realm. */
  newError(name: 'ReferenceError' | 'TypeError' | 'RangeError', message: string): Error;
}
