/**
 * The module that compiled programs import: `virtine`, `host`, `configure`. The compiler replaces virtines by calls
 * into contexts. Without it `virtine()` throws, so that nothing runs unisolated by mistake.
 */
import { ColonyError } from '@colony/core';
import type { AnyFunction, Virtine, VirtineOptions } from './types.js';

export { configure, disposeVirtines } from './defaults.js';
export { Isolated, wrapIsolated } from './isolated.js';
export type {
  AnyFunction,
  Configuration,
  ShippedState,
  Virtine,
  VirtineDefaults,
  VirtineDescriptor,
  VirtineOptions,
} from './types.js';

/** Host functions that virtines may call; add yours by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with
export interface Hosts {}

/**
 * Makes `fn` a virtine: each call runs in its own context, with the least policy that its code needs. The result is
 * called like `fn` and returns a promise.
 *
 * ```ts
 * export const render = virtine((text: string) => markdown(text));
 * await render('# Hello');
 * ```
 * @throws ColonyError ERR_UNSUPPORTED if the file was not compiled
 */
export function virtine<F extends AnyFunction>(fn: F, _options?: VirtineOptions): Virtine<F> {
  const where = callerOf(new Error());
  const message =
    `virtine(${fn?.name ?? ''}): this file was not compiled${where}. Build it with the Colony plugin of your bundler or ` +
    '`colony build`, or start with `node --import @colony/compiler/register`';
  throw new ColonyError('ERR_UNSUPPORTED', message);
}

function callerOf(error: Error): string {
  const frame = /(?:\(|at )([^\s()]+:\d+:\d+)\)?$/.exec(error.stack?.split('\n')[2] ?? '')?.[1];
  return frame === undefined ? '' : ` (${frame})`;
}

/** The host's functions as hypercalls, inside a virtine. Outside of one, every access throws. */
export const host: Hosts = new Proxy(Object.freeze({}), {
  get(_target, name) {
    if (typeof name === 'symbol') return undefined;
    throw new ColonyError('ERR_UNSUPPORTED', `host.${name}: hypercalls are only there inside a virtine`);
  },
});
