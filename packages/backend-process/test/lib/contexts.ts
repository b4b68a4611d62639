/** Disposes of the contexts that a test makes when it is over. */
import { type AnyExports, type Context, type ContextOptions, createContext } from '@colony/core';
import { afterEach } from 'vitest';

export function contexts(
  common: Partial<ContextOptions> = {},
): (options: Partial<ContextOptions>) => Promise<Context<AnyExports>> {
  const made: Context[] = [];
  afterEach(async () => {
    await Promise.all(made.splice(0).map((context) => context.dispose()));
  });
  return async (options) => {
    const context = (await createContext({ backend: 'process', ...common, ...options } as ContextOptions)) as Context;
    made.push(context);
    return context as Context<AnyExports>;
  };
}
