/**
 * The globals of a JavaScript or TypeScript program in a context, for files that `js.file` reads. Types only:
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
   * The host functions in `hypercalls` that the policy grants. Add yours by declaration merging. Each returns its value
   * at once, even if the host function is asynchronous.
   */
  interface HostFunctions {}

  /**
   * Calls the host: `host.name(...)`. A function that is not granted throws an error with the code ERR_POLICY_DENIED.
   */
  const host: HostFunctions;

  /** Capabilities outside the JavaScript language. Each needs a grant in the policy. */
  const colony: GuestCapabilities;

  /** Merges with the interface of the DOM or of Node, if there is one. */
  interface Console {
    // biome-ignore lint/suspicious/noExplicitAny: the console accepts any value
    log(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: the console accepts any value
    info(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: the console accepts any value
    warn(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: the console accepts any value
    error(...data: any[]): void;
    // biome-ignore lint/suspicious/noExplicitAny: the console accepts any value
    debug(...data: any[]): void;
  }

  /** Needs `policy.console`. */
  var console: Console;
}
