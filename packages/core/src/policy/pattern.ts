/** Patterns in policies meet strings that a guest chose, so only those that cannot blow up are taken. */

export const MAX_SUBJECT = 256;
const MAX_QUANTIFIERS = 3;
/** Characters: the walk below takes quadratic time. */
const MAX_PATTERN = 1000;

/** Compiles a pattern for the whole string; gives the reason where it is refused. */
export function compilePattern(source: string): RegExp | string {
  if (source.length > MAX_PATTERN) return `more than ${MAX_PATTERN} characters`;
  const reason = refusal(source);
  if (reason !== undefined) return reason;
  try {
    return new RegExp(`^(?:${source})$`, 'u');
  } catch (error) {
    return (error as Error).message;
  }
}

interface Group {
  quantifier: boolean;
  alternative: boolean;
}

const QUANTIFIER = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/;

/** One walk over the pattern with a stack of groups. */
function refusal(source: string): string | undefined {
  const stack: Group[] = [];
  let quantifiers = 0;
  let closed: Group | undefined;
  for (let i = 0; i < source.length; ) {
    const rest = source.slice(i);
    const quantifier = QUANTIFIER.exec(rest);
    if (quantifier !== null) {
      if (closed?.quantifier || closed?.alternative) return 'a group with quantifiers or alternatives is repeated';
      if (!/^\?|^\{\d+\}/.test(quantifier[0]) && ++quantifiers > MAX_QUANTIFIERS)
        return `more than ${MAX_QUANTIFIERS} repetitions`;
      if (/\{/.test(quantifier[0]) && Math.max(...quantifier[0].match(/\d+/g)!.map(Number)) > 1000)
        return 'a count above 1000';
      for (const group of stack) group.quantifier = true;
      closed = undefined;
      i += quantifier[0].length;
      continue;
    }
    closed = undefined;
    if (source[i] === '\\') {
      if (/^\\(?:[1-9]|k<)/.test(rest)) return 'back-references';
      i += 2;
    } else if (source[i] === '[') {
      i += /^\[(?:\\.|[^\]\\])*\]/.exec(rest)?.[0].length ?? 1;
    } else if (source[i] === '(') {
      if (/^\(\?[=!<]/.test(rest) && !/^\(\?<[A-Za-z]/.test(rest)) return 'look-around';
      stack.push({ quantifier: false, alternative: false });
      i += /^\(\?(?::|<\w+>)/.exec(rest)?.[0].length ?? 1;
    } else {
      if (source[i] === '|') for (const group of stack) group.alternative = true;
      if (source[i] === ')') closed = stack.pop();
      i++;
    }
  }
  return undefined;
}
