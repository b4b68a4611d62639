/** The pages of all refusal codes. */
import { ColonyError } from '@colony/core';
import { readOptions, text } from '@colony/core/options';
import {
  capturedChange,
  capturedClass,
  capturedMutable,
  innerVirtine,
  notAsync,
  ofThis,
  placement,
  unmarshalable,
} from './captures.js';
import { dynamicCapability, ofC, policyTooNarrow, unprovedOptions } from './grants.js';
import type { RefusalPage, Rule } from './page.js';
import { dynamicCode, dynamicImport, hostGlobal, nativeAddon, nodeBuiltin } from './uses.js';

export type { Instead, RefusalPage, Rule } from './page.js';

const PAGES: Readonly<Record<Rule, RefusalPage>> = {
  placement,
  'not-async': notAsync,
  'captured-mutable': capturedMutable,
  'captured-class': capturedClass,
  'captured-change': capturedChange,
  unmarshalable,
  this: ofThis,
  'dynamic-code': dynamicCode,
  'dynamic-import': dynamicImport,
  'native-addon': nativeAddon,
  'node-builtin': nodeBuiltin,
  'host-global': hostGlobal,
  'dynamic-capability': dynamicCapability,
  'policy-too-narrow': policyTooNarrow,
  'unproved-options': unprovedOptions,
  'inner-virtine': innerVirtine,
  c: ofC,
};

/** All pages, sorted by code. */
export const refusalPages: readonly RefusalPage[] = Object.values(PAGES).sort((a, b) => (a.code < b.code ? -1 : 1));

/** Returns the code of a rule: `REF-011` for `node-builtin`. */
export const refusalCode = (rule: Rule): string => PAGES[rule].code;

/**
 * Returns the meaning of a refusal code, with an example and advice.
 * @param code such as `REF-011`, in upper or lower case
 * @throws ColonyError ERR_BAD_OPTION for an unknown code
 */
export function refusalPage(code: string): RefusalPage {
  readOptions<{ code: string }, 'code'>('refusalPage', { code }, { code: text }, ['code']);
  const page = refusalPages.find((candidate) => candidate.code === code.toUpperCase());
  if (page !== undefined) return page;
  const known = refusalPages.map((page) => `${page.code}  ${page.title}`).join('\n');
  throw new ColonyError('ERR_BAD_OPTION', `there is no code ${JSON.stringify(code)}. The codes are:\n${known}`, {
    details: { path: 'refusalPage.code' },
  });
}

const WIDTH = 100;

/** Breaks words into lines. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join('\n');
}

const indented = (code: string) => code.trimEnd().replace(/^(?=.)/gm, '    ');

/** A page as text for a terminal. */
export function refusalText({ code, title, why, refused, instead }: RefusalPage): string {
  const parts = [
    `${code}: ${title}`,
    wrapped(why),
    `Refused:\n\n${indented(refused)}`,
    ...instead.map(({ what, code: mended }) => `${wrapped(what)}\n\n${indented(mended)}`),
  ];
  return `${parts.join('\n\n')}\n`;
}
