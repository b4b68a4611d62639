/**
 * Parses patterns into a tree. Only for patterns that `RegExp` accepts with the flag `u`, because their syntax is
 * unambiguous.
 */

export type Pattern =
  /** One character of the string, in the syntax of `RegExp`: `a`, `\d`, `[^x]`, `.`. */
  | { readonly kind: 'character'; readonly source: string }
  /** An assertion without a character: `^`, `$`, `\b`, `\B`. */
  | { readonly kind: 'assertion'; readonly source: string }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'alternatives'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'repetition'; readonly part: Pattern; readonly min: number; readonly max: number };

/** A construct that no automaton can match, or that this parser does not support. */
export class Refusal extends Error {}

const TOKENS = {
  reference: /\\(?:[1-9]|k<)/uy,
  assertion: /\\[bB]|[\^$]/uy,
  // Two escaped surrogates are one character.
  character:
    /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u\{[\da-fA-F]+\}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\c[a-zA-Z]|\\[pP]\{[^}]*\}|\\[^pPuxck]|\[(?:\\.|[^\]\\])*\]|[^\\[\](){}|*+?^$]/suy,
  open: /\((?:\?:|\?<(?![=!])[^>]*>|(?!\?))/uy,
  close: /\)/uy,
  or: /\|/uy,
  quantifier: /(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/uy,
};

/** @throws Refusal */
export function parsePattern(source: string): Pattern {
  let at = 0;
  const take = (kind: keyof typeof TOKENS): RegExpExecArray | undefined => {
    const token = TOKENS[kind];
    token.lastIndex = at;
    const match = token.exec(source);
    if (match === null) return undefined;
    at = token.lastIndex;
    return match;
  };
  const alternatives = (): Pattern => {
    const parts = [sequence()];
    while (take('or') !== undefined) parts.push(sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'alternatives', parts };
  };
  const sequence = (): Pattern => {
    const parts: Pattern[] = [];
    for (let part = single(); part !== undefined; part = single()) parts.push(repeated(part));
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  };
  const single = (): Pattern | undefined => {
    if (take('reference') !== undefined) throw new Refusal('back-references');
    for (const kind of ['assertion', 'character'] as const) {
      const match = take(kind);
      if (match !== undefined) return { kind, source: match[0] };
    }
    if (take('open') === undefined) return undefined;
    const group = alternatives();
    if (take('close') === undefined) throw unknown();
    return group;
  };
  const repeated = (part: Pattern): Pattern => {
    const match = take('quantifier');
    if (match === undefined) return part;
    const [, sign, least, comma, most] = match;
    if (sign !== undefined)
      return { kind: 'repetition', part, min: sign === '+' ? 1 : 0, max: sign === '?' ? 1 : Number.POSITIVE_INFINITY };
    const min = Number(least);
    const max = comma === undefined ? min : most === '' ? Number.POSITIVE_INFINITY : Number(most);
    return { kind: 'repetition', part, min, max };
  };
  const unknown = () =>
    new Refusal(
      source.startsWith('(?', at) ? 'look-around, or flags' : `the construct at character ${at} is not supported`,
    );
  const pattern = alternatives();
  if (at < source.length) throw unknown();
  return pattern;
}
