/** A backend that is wrong in one way, and the law that must say so. */
import type { BackendModule } from '@colony/core';
import type { Theme } from '../law.js';
import { type Changes, wrapBackend } from '../wrap.js';

export interface Breakage {
  /** The fault. */
  readonly name: string;
  /** The law that names it. */
  readonly caughtBy: string;
  readonly theme: Theme;
  /** Wraps a backend that is right. */
  breakIt(backend: BackendModule): BackendModule;
}

export function breakage(name: string, theme: Theme, caughtBy: string, changes: () => Changes): Breakage {
  return Object.freeze({
    name,
    theme,
    caughtBy,
    breakIt: (backend: BackendModule) => wrapBackend(backend, `broken:${name.replaceAll(' ', '-')}`, changes()),
  });
}
