/**
 * Platform types that the public types name. The published declarations must compile with neither `@types/node` nor the
 * DOM library. Each is the real type if one is known, and otherwise its smallest shape.
 */

type Known<Name extends string, Shape> = typeof globalThis extends { [Key in Name]: { prototype: infer Real } }
  ? Real
  : Shape;

interface SignalShape {
  readonly aborted: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: the platform declares it so
  readonly reason: any;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

export type Signal = Known<'AbortSignal', SignalShape>;

export type Controller = Known<'AbortController', { readonly signal: Signal; abort(reason?: unknown): void }>;

export type UrlLike = Known<'URL', { readonly href: string; readonly protocol: string }>;

/** A `KeyObject` of `node:crypto`, which is not a global. */
export interface KeyLike {
  readonly type: string;
  readonly asymmetricKeyType?: string | undefined;
}
