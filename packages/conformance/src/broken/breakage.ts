/** A backend with one deliberate fault, and the law that must catch it. */
import type { BackendModule, Capabilities } from '@colony/core';
import type { Theme } from '../law.js';
import { type Changes, wrapBackend } from '../wrap.js';

export interface Breakage {
  /** The fault. */
  readonly name: string;
  /** The law that must fail. */
  readonly caughtBy: string;
  readonly theme: Theme;
  /** The reason why a backend with these capabilities cannot have this fault; undefined if it can. */
  readonly cannot?: (capabilities: Capabilities) => string | undefined;
  /** Wraps a correct backend. */
  breakIt(backend: BackendModule): BackendModule;
}

export function breakage(
  name: string,
  theme: Theme,
  caughtBy: string,
  changes: () => Changes,
  cannot?: Breakage['cannot'],
): Breakage {
  return Object.freeze({
    name,
    theme,
    caughtBy,
    ...(cannot && { cannot }),
    breakIt: (backend: BackendModule) => wrapBackend(backend, `broken:${name.replaceAll(' ', '-')}`, changes()),
  });
}
