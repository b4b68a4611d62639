/** A backend that is wrong in one way, and the law that must say so. */
import type { BackendModule, Capabilities } from '@colony/core';
import type { Theme } from '../law.js';
import { type Changes, wrapBackend } from '../wrap.js';

export interface Breakage {
  /** The fault. */
  readonly name: string;
  /** The law that names it. */
  readonly caughtBy: string;
  readonly theme: Theme;
  /** Why a backend with these capabilities cannot be broken so; undefined where it can. */
  readonly cannot?: (capabilities: Capabilities) => string | undefined;
  /** Wraps a backend that is right. */
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
