/**
 * The interface between the two realms of a child. The outer realm is Node's; the inner one is the guest's, and has
 * ECMAScript only. Only strings, numbers and buffers of the inner realm cross, so that the guest reaches no object of Node.
 */
export interface Raw {
  /** Sends a hypercall's request and waits. Returns the length of the reply, which `take` hands over. */
  hypercall(request: ArrayBuffer): number;
  /** Encodes a text as UTF-8. Returns its length; `take` hands it over. */
  encode(text: string): number;
  take(into: ArrayBuffer): void;
  decode(bytes: ArrayBuffer, offset: number, length: number): string;
  /** Links and evaluates the main module, and passes its namespace or its error to one of the callbacks. */
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

/** The global under which the inner realm finds it, once. */
export const RAW = '__raw';

export type Dispatch = (request: ArrayBuffer) => ArrayBuffer;

/** Functions of the inner realm that the outer one calls. */
export interface Inner {
  /** A buffer of the inner realm. */
  newBuffer(length: number): ArrayBuffer;
  dispatch: Dispatch;
  /** An error of the inner realm. */
  newError(name: 'ReferenceError' | 'TypeError' | 'RangeError', message: string): Error;
}
