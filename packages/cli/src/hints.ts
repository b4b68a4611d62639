/** Hints about the likely cause of a guest's error, for common mistakes. */
import { ColonyError } from '@colony/core';

const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [
    /^'?(require|module|exports|__dirname|__filename)'? is not defined$/,
    "this is CommonJS, and a program is an ES module: use import and export. Packages and Node's modules have to be bundled in, for example with esbuild --format=esm",
  ],
];

/** A Linux executable is an ELF file, too, and `colony run` takes it for an image. */
const NO_IMAGE = /^not a virtine image/;

/** Returns one line, or undefined. */
export function hintFor(error: unknown): string | undefined {
  if (!ColonyError.is(error)) return undefined;
  if (error.code === 'ERR_COMPILE' && NO_IMAGE.test(error.message))
    return 'a Linux executable runs with colony exec -- COMMAND, as a whole';
  const { guest } = error.details;
  return HINTS.find(([pattern]) => guest !== undefined && pattern.test(guest.message))?.[1];
}
