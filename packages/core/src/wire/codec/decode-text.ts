/** Decodes strings: UTF-8, and WTF-8 for lone surrogates. */
import { end, inline, input, malformed, moveTo, pos, rawBytes, skip, spend } from './item.js';
import { utf8 } from './limits.js';
import { LONG_TEXT, later, pauseAt } from './pause.js';
import * as price from './prices.js';

const { fromCharCode } = String;

/** Decodes a string of `n` bytes. */
export function textOf(n: number): unknown {
  const from = skip(n);
  spend(price.STRING + (n > inline ? n : price.SHORT_STRING_BYTE * n));
  const to = pos;
  if (n <= inline) {
    let result = '';
    let at = from;
    for (; at < to; at++) {
      const unit = input[at]!;
      if (unit > 127) break;
      result += fromCharCode(unit);
    }
    if (at === to) return result;
  }
  if (n <= LONG_TEXT || pauseAt >= end) return decodeUtf8(from, to);
  moveTo(from);
  return restOfText('', to);
}

export function decodeUtf8(from: number, to: number): string {
  try {
    return utf8().decode(input, from, to);
  } catch {
    throw malformed('a string is not UTF-8');
  }
}

function restOfText(decoded: string, to: number): unknown {
  let result = decoded;
  do {
    const part = endOfLetter(Math.min(pos + LONG_TEXT, to), to);
    result += decodeUtf8(pos, part);
    moveTo(part);
  } while (pos < to && pos <= pauseAt);
  return pos === to ? result : later(() => restOfText(result, to));
}

/** Most bytes of a code point after its first. */
const MOST_FURTHER = 3;

/** Returns `at`, or the end of the code point that contains it. */
function endOfLetter(at: number, to: number): number {
  let after = at;
  while (after < to && after < at + MOST_FURTHER && input[after]! >> 6 === 2) after++;
  return after;
}

/** Code points that become one part of a string. */
const WTF8_PART = 1024;

/** Decodes a string with lone surrogates: generalized UTF-8. */
export function wtf8(): unknown {
  const from = rawBytes();
  const to = pos;
  spend(price.STRING + price.WTF8_BYTE * (to - from));
  moveTo(from);
  return restOfWtf8('', to, to - from > LONG_TEXT);
}

function restOfWtf8(decoded: string, to: number, isLong: boolean): unknown {
  let result = decoded;
  while (pos < to) {
    result += wtf8Part(to);
    if (isLong && pos > pauseAt) return later(() => restOfWtf8(result, to, true));
  }
  return result;
}

function wtf8Part(to: number): string {
  const points: number[] = [];
  let at = pos;
  while (at < to && points.length < WTF8_PART) {
    const lead = input[at++]!;
    const extra = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let point = extra === 0 ? lead : lead & (0x3f >> extra);
    for (let k = 0; k < extra; k++) {
      const next = at < to ? input[at++]! : 0;
      if (next >> 6 !== 2) throw malformed('a WTF-8 string is cut');
      point = (point << 6) | (next & 0x3f);
    }
    if (point > 0x10ffff) throw malformed('a WTF-8 string goes beyond Unicode');
    points.push(point);
  }
  moveTo(at);
  return String.fromCodePoint(...points);
}

/** Returns whether the next value is a string. */
export function isTextNext(): boolean {
  if (pos >= end) throw malformed('it ends too early');
  const initial = input[pos]!;
  return initial >> 5 === 3 || (initial === 0xd9 && input[pos + 1] === 1 && input[pos + 2] === 0x11);
}
