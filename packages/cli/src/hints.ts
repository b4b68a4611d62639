/** Hints about the likely cause of a guest's error, for common mistakes. */
import { ColonyError } from '@colony/core';

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /^'?(require|module|exports|__dirname|__filename)'? is not defined$/,
    "this is CommonJS, and a program is an ES module: use import and export. Packages and Node's modules have to be bundled in, for example with esbuild --format=esm",
  ],
];

/** Returns one line, or undefined. */
export function hintFor(error: unknown): string | undefined {
  if (!ColonyError.is(error)) return undefined;
  const { guest } = error.details;
  return HINTS.find(([pattern]) => guest !== undefined && pattern.test(guest.message))?.[1];
}
