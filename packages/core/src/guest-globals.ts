/**
 * What a JavaScript or TypeScript program of a context finds as globals, for files that `js.file` reads. Types only:
 *
 * ```ts
 * /// <reference types="@colony/core/guest" />
 * declare global {
 *   interface HostFunctions { price(item: string): number }
 * }
 * export const total = (items: string[]) => items.reduce((sum, item) => sum + host.price(item), 0);
 * ```
 */

import type { GuestCapabilities } from './guest/colony.js';

declare global {
  /**
   * The host's functions: those of `hypercalls` that the policy grants. Add yours by declaration merging. Each gives
   * its value at once, also where the host's function is asynchronous.
   */
  interface HostFunctions {}

  /** Calls the host: `host.name(...)`. A function that is not granted throws an error with code ERR_POLICY_DENIED. */
  const host: HostFunctions;

  /** Capabilities that are not of the language. Each needs a grant in the policy. */
  const colony: GuestCapabilities;

  /** Merges with the one of the DOM or of Node, where there is one. */
  interface Console {
    // biome-ignore lint/suspicious/noExplicitAny: as everywhere
    log(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: as everywhere
    info(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: as everywhere
    warn(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: as everywhere
    error(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: as everywhere
    debug(...data: any[]): void;
  }

  /** Needs `policy.console`. */
  var console: Console;
}
