/**
 * Finds `'use virtine'` in a text that nothing has compiled, for loaders, plugins and `colony check`.
 *
 * The syntax tree decides: compiling a function removes its directive, so a directive that is left is a function that
 * would run unisolated. A comment such as "compiled by Colony" could be copied, and would vouch for a whole bundle of
 * which only a part was compiled.
 */
import { ColonyError } from '@colony/core';
import { parseSync } from 'oxc-parser';
import { walk } from 'oxc-walker';
import { Lines, type Place, showPlace } from '../../source/place.js';
import { DIRECTIVE, isDirective, mayHoldDirective } from './mark.js';

/**
 * Languages to try, that of the extension first. Other tools pass names such as `.vue?script` and `\0virtual:x`, or
 * none.
 */
function languages(file: string): readonly ('js' | 'jsx' | 'ts' | 'tsx')[] {
  const own = /\.[cm]?([jt]sx?)(?:\?.*)?$/.exec(file)?.[1] as 'js' | undefined;
  return [...new Set([...(own === undefined ? [] : [own]), 'jsx', 'tsx', 'ts'] as const)];
}

/** The places of directives in `text`. `file` is the name in these places; its extension selects the language. */
export function directivesIn(file: string, text: string): Place[] {
  if (!mayHoldDirective(text)) return [];
  const lines = new Lines(file, text);
  for (const lang of languages(file)) {
    for (const sourceType of ['module', 'commonjs'] as const) {
      const { program, errors } = parseSync(file, text, { lang, sourceType, preserveParens: false });
      if (errors.some(({ severity }) => severity === 'Error')) continue;
      const places: Place[] = [];
      walk(program, { enter: (node) => void (isDirective(node) && places.push(lines.at(node.start))) });
      return places;
    }
  }
  // No language here can parse it, but another tool may: count the quoted words alone.
  return [...text.matchAll(/(['"`])use virtine\1/g)].map(({ index }) => lines.at(index));
}

/**
 * Refuses a text with a directive. `why` is the reason that it was not compiled, `advice` the remedy.
 * @throws ColonyError ERR_COMPILE
 */
export function refuseUncompiled(file: string, text: string, why: string, advice: string): void {
  const places = directivesIn(file, text);
  if (places.length === 0) return;
  const path = showPlace(places[0]!);
  const more = places.length > 1 ? ` (and ${places.length - 1} more in this file)` : '';
  const message = `${path}: '${DIRECTIVE}'${more} would have no effect: ${why}\n    what to do: ${advice}`;
  throw new ColonyError('ERR_COMPILE', message, { details: { path } });
}

/** @throws ColonyError ERR_COMPILE for CommonJS with a directive: compiled code imports Colony's runtime */
export const refuseCommonJs = (file: string, text: string): void =>
  refuseUncompiled(file, text, 'the file is CommonJS', COMMONJS);

const COMMONJS =
  'write "type": "module" into package.json, or name the file .mjs or .mts, and use import and export in it. ' +
  'CommonJS can require() the result, and import() it';
