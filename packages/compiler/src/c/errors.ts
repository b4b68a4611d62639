/** Gives errors of C the form of TypeScript's: files relative to the root, and places and refusals as data. */
import { ColonyError } from '@colony/core';
import type { Refusal } from '../refusals/refusal.js';

/** Messages of clang and gcc; otherwise Colony's own. */
const PATTERNS = [/^(\S.*?):(\d+):(\d+): (?:fatal )?error: (.*)$/gm, /^(\S.*?):(\d+):(\d+):? (.*)$/gm];
const CODES = new Set(['ERR_COMPILE', 'ERR_BAD_POLICY']);

/** `files`: the files that were read so far; an edit of one of them may fix the error. */
export function located(error: unknown, root: string, files: readonly string[]): unknown {
  if (!ColonyError.is(error)) return error;
  const message = error.message.replaceAll(root.endsWith('/') ? root : `${root}/`, '');
  const refusals = CODES.has(error.code) ? refusalsIn(message) : [];
  const [first] = refusals;
  const details = first === undefined ? {} : { path: first.subject, refusals };
  const { cause } = error;
  return new ColonyError(error.code, message, {
    details: { ...error.details, files, ...details },
    ...(cause !== undefined && { cause }),
  });
}

function refusalsIn(message: string): Refusal[] {
  const matches = PATTERNS.map((pattern) => [...message.matchAll(pattern)]).find((matches) => matches.length > 0) ?? [];
  return matches.map(([, file = '', line, column, text = '']) => {
    const place = { file, line: Number(line), column: Number(column) };
    return {
      rule: 'c',
      virtine: '',
      subject: `${file}:${line}:${column}`,
      message: text,
      advice: '',
      chain: [],
      ...place,
    };
  });
}
